// Parse: nlohmann's SAX parser into Value. Its DOM is not used: that drops duplicate keys, rounds large
// integers and aborts in builds without exceptions.
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "lib/base/json.h"

namespace talaria::json {
namespace {

// Receives the parser's events. Returning false stops the parser; *error_ then says why.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(const ParseLimits& limits) : limits_(limits) {}

  bool null() override { return Add(Value()); }
  bool boolean(bool value) override { return Add(Value(value)); }
  bool number_integer(number_integer_t value) override { return Add(Value::Integer(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Add(Value::Unsigned(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override { return Add(Number{text}); }
  bool string(string_t& value) override { return Add(Value(std::move(value))); }
  bool binary(binary_t& /*value*/) override { return Fail("binary data in JSON text"); }

  bool start_object(std::size_t /*members*/) override { return Open(); }
  bool key(string_t& value) override {
    if (!Count()) return false;
    open_.back().keys.push_back(std::move(value));
    return true;
  }
  bool end_object() override {
    if (const std::string* duplicate = DuplicateKey(open_.back().keys)) {
      return Fail("member ", Quoted(*duplicate), " occurs twice in one object");
    }
    Object members;
    members.reserve(open_.back().keys.size());
    for (size_t i = 0; i < open_.back().keys.size(); ++i) {
      members.push_back({std::move(open_.back().keys[i]), std::move(open_.back().items[i])});
    }
    open_.pop_back();
    return Place(Value(std::move(members)));
  }
  bool start_array(std::size_t /*items*/) override { return Open(); }
  bool end_array() override {
    Array items = std::move(open_.back().items);
    open_.pop_back();
    return Place(Value(std::move(items)));
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    // The message repeats the last token whole, and that may be most of the input: only its beginning is
    // looked at.
    return Fail(Beginning(error.what()));
  }

  // "[json.exception.parse_error.101] parse error at line 1, column 2: ...": the bracket is of no use to a
  // reader.
  static std::string Beginning(const char* message) {
    std::string_view text(message, strnlen(message, 400));
    if (const size_t end = text.find("] "); text.substr(0, 1) == "[" && end != std::string_view::npos) {
      text.remove_prefix(end + 2);
    }
    std::string clean;
    for (const char c : text.substr(0, 300)) {
      const auto byte = static_cast<unsigned char>(c);
      clean += c == '\n' ? ' ' : byte >= 0x20 && byte < 0x7F ? c : '?';
    }
    return clean;
  }

  Status error() const { return error_; }
  Value Take() { return std::move(root_); }

 private:
  struct Container {
    std::vector<std::string> keys;  // of an object, one for each item
    Array items;
  };

  template <typename... Args>
  bool Fail(const Args&... args) {
    if (error_.ok()) error_ = InvalidArgument(args...);
    return false;
  }
  bool Count() {
    if (++values_ > limits_.max_values) return Fail("more than ", limits_.max_values, " JSON values");
    return true;
  }
  bool Add(Value value) { return Count() && Place(std::move(value)); }
  bool Place(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else {
      open_.back().items.push_back(std::move(value));
    }
    return true;
  }
  bool Open() {
    if (!Count()) return false;
    if (open_.size() >= static_cast<size_t>(limits_.max_depth)) {
      return Fail("JSON nested deeper than ", limits_.max_depth);
    }
    open_.emplace_back();
    return true;
  }
  static const std::string* DuplicateKey(const std::vector<std::string>& keys) {
    // Few keys: compare each pair. Many (a vocabulary): sort them.
    if (keys.size() <= 16) {
      for (size_t i = 1; i < keys.size(); ++i) {
        const auto end = keys.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(keys.begin(), end, keys[i]) != end) return &keys[i];
      }
      return nullptr;
    }
    // Not a set of Abseil's: where its memory runs out it frees what it never had, and that ends the process.
    std::vector<const std::string*> sorted;
    sorted.reserve(keys.size());
    for (const std::string& key : keys) sorted.push_back(&key);
    std::sort(sorted.begin(), sorted.end(), [](const std::string* a, const std::string* b) {
      const int order = a->compare(*b);
      return order != 0 ? order < 0 : a < b;
    });
    // The first in the text that was there before.
    const std::string* first = nullptr;
    for (size_t i = 1; i < sorted.size(); ++i) {
      if (*sorted[i] == *sorted[i - 1] && (first == nullptr || sorted[i] < first)) first = sorted[i];
    }
    return first;
  }

  const ParseLimits limits_;
  std::vector<Container> open_;
  Value root_;
  uint64_t values_ = 0;
  Status error_;
};

}  // namespace

StatusOr<Value> Parse(std::string_view text, const ParseLimits& limits) {
  // nlohmann takes a NUL for the end of the input and skips a byte-order mark; RFC 8259 allows neither.
  if (text.find('\0') != std::string_view::npos) {
    return InvalidArgument("JSON text holds a NUL byte at offset ", text.find('\0'));
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") return InvalidArgument("JSON text begins with a byte-order mark");
  Builder builder(limits);
  try {
    const bool complete = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
    if (!builder.error().ok()) return builder.error();
    if (!complete) return InvalidArgument("not JSON");
  } catch (const nlohmann::json::exception& error) {
    return InvalidArgument("not JSON: ", Builder::Beginning(error.what()));
  }
  return builder.Take();
}

}  // namespace talaria::json
