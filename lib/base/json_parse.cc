// Parse: nlohmann's SAX parser into events, and those into Value. Its DOM is not used: that drops duplicate
// keys, rounds large integers and aborts in builds without exceptions.
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "lib/base/json.h"
#include "lib/base/json_events.h"

namespace talaria::json {
namespace {

// Hands the parser's events on and keeps the limits. Returning false stops the parser; *error_ then says why.
class Adapter : public nlohmann::json_sax<nlohmann::json> {
 public:
  Adapter(const ParseLimits& limits, EventHandler* handler) : limits_(limits), handler_(handler) {}

  bool null() override { return Count() && Keep(handler_->OnScalar(Value())); }
  bool boolean(bool value) override { return Count() && Keep(handler_->OnScalar(Value(value))); }
  bool number_integer(number_integer_t value) override {
    return Count() && Keep(handler_->OnScalar(Value::Integer(value)));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Count() && Keep(handler_->OnScalar(Value::Unsigned(value)));
  }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return Count() && Keep(handler_->OnScalar(Number{text}));
  }
  bool string(string_t& value) override { return Count() && Keep(handler_->OnString(value)); }
  bool binary(binary_t& /*value*/) override { return Keep(InvalidArgument("binary data in JSON text")); }

  bool start_object(std::size_t /*members*/) override { return Open() && Keep(handler_->OnStartObject()); }
  bool key(string_t& value) override { return Count() && Keep(handler_->OnKey(value)); }
  bool end_object() override {
    --depth_;
    return Keep(handler_->OnEndObject());
  }
  bool start_array(std::size_t /*items*/) override { return Open() && Keep(handler_->OnStartArray()); }
  bool end_array() override {
    --depth_;
    return Keep(handler_->OnEndArray());
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    // The message repeats the last token whole, and that may be most of the input: only its beginning is
    // looked at.
    return Keep(InvalidArgument(Beginning(error.what())));
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

  const Status& error() const { return error_; }

 private:
  // False, with the first error kept, where *status* is not OK.
  bool Keep(Status status) {
    if (status.ok()) return true;
    if (error_.ok()) error_ = std::move(status);
    return false;
  }
  bool Count() {
    if (++values_ <= limits_.max_values) return true;
    return Keep(InvalidArgument("more than ", limits_.max_values, " JSON values"));
  }
  bool Open() {
    if (!Count()) return false;
    if (depth_ >= limits_.max_depth)
      return Keep(InvalidArgument("JSON nested deeper than ", limits_.max_depth));
    ++depth_;
    return true;
  }

  const ParseLimits limits_;
  EventHandler* const handler_;
  int depth_ = 0;
  uint64_t values_ = 0;
  Status error_;
};

const std::string* DuplicateKey(const std::vector<std::string>& keys) {
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

}  // namespace

Status ValueBuilder::OnStartObject() {
  open_.emplace_back();
  return absl::OkStatus();
}

Status ValueBuilder::OnKey(std::string& key) {
  open_.back().keys.push_back(std::move(key));
  return absl::OkStatus();
}

Status ValueBuilder::OnEndObject() {
  Container& container = open_.back();
  if (const std::string* duplicate = DuplicateKey(container.keys)) {
    return InvalidArgument("member ", Quoted(*duplicate), " occurs twice in one object");
  }
  Object members;
  members.reserve(container.keys.size());
  for (size_t i = 0; i < container.keys.size(); ++i) {
    members.push_back({std::move(container.keys[i]), std::move(container.items[i])});
  }
  open_.pop_back();
  return Place(Value(std::move(members)));
}

Status ValueBuilder::OnStartArray() {
  open_.emplace_back();
  return absl::OkStatus();
}

Status ValueBuilder::OnEndArray() {
  Array items = std::move(open_.back().items);
  open_.pop_back();
  return Place(Value(std::move(items)));
}

Status ValueBuilder::Place(Value value) {
  if (open_.empty()) {
    root_ = std::move(value);
  } else {
    open_.back().items.push_back(std::move(value));
  }
  return absl::OkStatus();
}

Status ParseEvents(std::string_view text, const ParseLimits& limits, EventHandler* handler) {
  // nlohmann takes a NUL for the end of the input and skips a byte-order mark; RFC 8259 allows neither.
  if (text.find('\0') != std::string_view::npos) {
    return InvalidArgument("JSON text holds a NUL byte at offset ", text.find('\0'));
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") return InvalidArgument("JSON text begins with a byte-order mark");
  Adapter adapter(limits, handler);
  try {
    const bool complete = nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &adapter);
    if (!adapter.error().ok()) return adapter.error();
    if (!complete) return InvalidArgument("not JSON");
  } catch (const nlohmann::json::exception& error) {
    return InvalidArgument("not JSON: ", Adapter::Beginning(error.what()));
  }
  return absl::OkStatus();
}

StatusOr<Value> Parse(std::string_view text, const ParseLimits& limits) {
  ValueBuilder builder;
  TALARIA_RETURN_IF_ERROR(ParseEvents(text, limits, &builder));
  return builder.Take();
}

}  // namespace talaria::json
