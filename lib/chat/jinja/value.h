#ifndef TALARIA_LIB_CHAT_JINJA_VALUE_H_
#define TALARIA_LIB_CHAT_JINJA_VALUE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/hash_map.h"
#include "lib/base/status.h"
#include "lib/chat/jinja/marked_string.h"

namespace talaria::chat::jinja {

enum class Kind : uint8_t {
  kAbsent,  // no value at all: an argument that was not given; templates never see one
  kUndefined,
  kNone,
  kBoolean,
  kInteger,
  kBigInteger,  // an integer of the context beyond 64 bits: printed, compared and serialised, never
                // calculated with
  kFloat,
  kString,
  kSequence,
  kDict,
  kNamespace,
  kOpaque,  // a macro, function, method, loop and the like: has attributes or can be called, and no text
};

// How a sequence behaves: all hold their items.
enum class SequenceType : uint8_t {
  kList,
  kTuple,
  kRange,
  kDictKeys,
  kDictValues,
  kDictItems,
  kGenerator,  // what map, select, items and their like give: can be gone through once, has no length and no
               // index
};

class Object {
 public:
  virtual ~Object() = default;
};

struct Sequence;
struct Dict;
struct Namespace;
class Opaque;

// A value of the template language. Everything but a namespace is immutable, so copies share what they hold.
// The mark says where a value that is no string came from; it is the mark of the text that it is printed as.
class Value {
 public:
  Value() = default;
  static Value None(TextMark mark = TextMark::kControl) { return Value(Kind::kNone, mark); }
  static Value Boolean(bool value, TextMark mark = TextMark::kControl);
  static Value Integer(int64_t value, TextMark mark = TextMark::kControl);
  static Value BigInteger(std::string_view digits, TextMark mark);
  static Value Float(double value, TextMark mark = TextMark::kControl);
  static Value String(MarkedString string);
  static Value String(std::string_view text, TextMark mark = TextMark::kControl);
  // Printed and tested it is empty; all else with it fails with *message*.
  static Value Undefined(std::string_view message);
  // What *object* points to must outlive the value: the machine keeps all namespaces until the rendering
  // ends, since they may hold one another.
  static Value Of(Namespace* object);
  static Value Of(std::shared_ptr<const Opaque> object, TextMark mark = TextMark::kControl);
  static Value Of(std::shared_ptr<const Sequence> sequence, TextMark mark);
  static Value Of(std::shared_ptr<const Dict> dict, TextMark mark);

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_absent() const { return kind_ == Kind::kAbsent; }
  bool is_undefined() const { return kind_ == Kind::kUndefined; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_integral() const { return kind_ == Kind::kInteger || kind_ == Kind::kBoolean; }
  bool is_number() const { return is_integral() || kind_ == Kind::kFloat || kind_ == Kind::kBigInteger; }
  bool is_sequence(SequenceType type) const;

  // Each only where the kind is that.
  bool boolean() const { return integer_ != 0; }
  int64_t integer() const { return integer_; }  // of booleans too
  double number() const { return kind_ == Kind::kFloat ? float_ : static_cast<double>(integer_); }
  const MarkedString& string() const;
  const std::string& text() const { return string().text(); }  // of strings and big integers
  const std::string& undefined_message() const { return text(); }
  const Sequence& sequence() const;
  const Dict& dict() const;
  Namespace& name_space() const;
  const Opaque& opaque() const;
  const Object* identity() const { return object_.get(); }

  // Where it came from; for a string, of its bytes combined.
  TextMark mark() const;
  // A string that HTML-escaping is done with: adding other text to it escapes that.
  bool is_escaped() const { return escaped_; }
  Value Escaped() const;

  // How deeply containers nest in it; 0 for what holds nothing.
  int depth() const;
  // What walking it costs: values and 16 bytes of text count 1 each, what is shared as often as it occurs.
  uint64_t weight() const;
  // Whether it holds nothing but data, neither a namespace nor anything opaque.
  bool is_plain() const;

 private:
  Value(Kind kind, TextMark mark) : kind_(kind), mark_(mark) {}

  Kind kind_ = Kind::kAbsent;
  TextMark mark_ = TextMark::kControl;
  bool escaped_ = false;
  union {
    int64_t integer_ = 0;
    double float_;
  };
  std::shared_ptr<const Object> object_;
};

struct StringObject : Object {
  explicit StringObject(MarkedString s) : string(std::move(s)) {}
  MarkedString string;
};

struct Sequence : Object {
  SequenceType type = SequenceType::kList;
  std::vector<Value> items;
  int depth = 1;
  uint64_t weight = 1;
  bool plain = true;
  // How far a generator has been gone through.
  mutable size_t consumed = 0;
};

struct Dict : Object {
  struct Entry {
    Value key;
    Value value;
  };
  std::vector<Entry> entries;  // in the order of insertion
  int depth = 1;
  uint64_t weight = 1;
  bool plain = true;

  // nullptr where there is no such key. Strings are equal as text; 1, 1.0 and true are one key, as in Python.
  const Value* Find(const Value& key) const;
  const Value* Find(std::string_view key) const;
  // Replaces the value of an equal key in its place, or appends.
  void Set(Value key, Value value);

 private:
  // entries.size() where there is no such key.
  size_t IndexOf(const Value& key) const;
  // By normalised key, once there are more than a few entries.
  HashMap<std::string, size_t> index_;
};

struct Namespace : Object {
  HashMap<std::string, Value> attributes;
};

// What may be a key: strings, numbers, booleans, None.
bool IsHashable(const Value& value);

// Containers nested deeper than this are refused when they are built, so that walking a value needs no other
// limit: JSON brings 64 levels, a template adds a few of its own.
inline constexpr int kMaxDepth = 100;
// And those heavier than this: a few lists that each hold the one before twice would weigh more than can be
// walked.
inline constexpr uint64_t kMaxWeight = 1u << 26;
// No text that a template makes is longer.
inline constexpr size_t kMaxTextBytes = 64u << 20;

// RESOURCE_EXHAUSTED where it would be too deep or too heavy.
Status MakeSequence(SequenceType type, std::vector<Value> items, TextMark mark, Value* out);
// The keys are hashable; depth, weight and plainness are set here.
Status MakeDict(std::shared_ptr<Dict> dict, TextMark mark, Value* out);

// RESOURCE_EXHAUSTED where *bytes* exceeds kMaxTextBytes.
Status CheckTextBytes(uint64_t bytes);

// "a string", "a list", "a generator", ...: for messages.
std::string_view TypeName(const Value& value);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_VALUE_H_
