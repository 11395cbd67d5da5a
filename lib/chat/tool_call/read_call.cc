#include "lib/chat/tool_call/read_call.h"

#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/json_events.h"
#include "lib/chat/python_text.h"
#include "lib/chat/tool_call/json_scanner.h"
#include "lib/chat/tool_call/last_member.h"
#include "lib/chat/tool_call/python_literal.h"

namespace talaria::chat {
namespace {

// Builds a value in which the last of several members with one name holds.
class LastMemberBuilder : public json::EventHandler {
 public:
  // RESOURCE_EXHAUSTED beyond *max_values* values and names.
  explicit LastMemberBuilder(uint64_t max_values) : max_values_(max_values) {}

  Status OnScalar(json::Value value) override {
    TALARIA_RETURN_IF_ERROR(Count());
    return Place(std::move(value));
  }
  Status OnString(std::string& text) override {
    TALARIA_RETURN_IF_ERROR(Count());
    return Place(json::Value(std::move(text)));
  }
  Status OnStartObject() override { return Begin(json::Value(json::Object())); }
  Status OnKey(std::string& key) override {
    TALARIA_RETURN_IF_ERROR(Count());
    open_.back().object()->push_back({std::move(key), json::Value()});
    return absl::OkStatus();
  }
  Status OnEndObject() override {
    if (KeepLastMembers(open_.back().object())) had_twins_ = true;
    return End();
  }
  Status OnStartArray() override { return Begin(json::Value(json::Array())); }
  Status OnEndArray() override { return End(); }

  json::Value Take() { return std::move(root_); }
  bool had_twins() const { return had_twins_; }

 private:
  Status Count() {
    if (++values_ <= max_values_) return absl::OkStatus();
    return ResourceExhausted("more than ", max_values_, " JSON values");
  }
  Status Begin(json::Value container) {
    TALARIA_RETURN_IF_ERROR(Count());
    open_.push_back(std::move(container));
    return absl::OkStatus();
  }
  Status End() {
    json::Value value = std::move(open_.back());
    open_.pop_back();
    return Place(std::move(value));
  }
  Status Place(json::Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (json::Object* members = open_.back().object()) {
      members->back().value = std::move(value);
    } else {
      open_.back().array()->push_back(std::move(value));
    }
    return absl::OkStatus();
  }

  const uint64_t max_values_;
  uint64_t values_ = 0;
  std::vector<json::Value> open_;
  json::Value root_;
  bool had_twins_ = false;
};

// The four digits of the \uXXXX escape at *at of JSON text; nothing where there is none.
std::optional<unsigned> EscapeAt(std::string_view text, size_t at) {
  if (text.substr(at, 2) != "\\u" || at + 6 > text.size()) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(at + 2, 4)) {
    const char low = static_cast<char>(c | 0x20);
    if (!std::isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(low <= '9' ? c - '0' : low - 'a' + 10);
  }
  return value;
}

// Escapes of half a surrogate pair, which Python's json writes and reads, stand for no character: they become
// U+FFFD. Whether there were any.
bool MendSurrogates(std::string* text) {
  bool any = false;
  for (size_t at = text->find('\\'); at != std::string::npos; at = text->find('\\', at)) {
    const unsigned first = EscapeAt(*text, at).value_or(0);
    const bool is_high = first >= 0xD800 && first < 0xDC00;
    const unsigned second = is_high ? EscapeAt(*text, at + 6).value_or(0) : 0;
    if (second >= 0xDC00 && second < 0xE000) {
      at += 12;
      continue;
    }
    if (first >= 0xD800 && first < 0xE000) {
      text->replace(at + 2, 4, "fffd");
      any = true;
    }
    at += 2;  // what a backslash escapes begins nothing
  }
  return any;
}

CallReading Failed(CallError error, std::string_view detail) {
  CallReading reading;
  reading.error = error;
  reading.detail = std::string(detail);
  return reading;
}

// Name and arguments of a value that was read.
CallReading Shape(json::Value value) {
  if (!value.is_object()) {
    return Failed(CallError::kNotObject, Cat("a call is an object, found ", value.type_name()));
  }
  const json::Value* name = value.Find("name");
  if (name == nullptr) return Failed(CallError::kMissingName, "there is no member \"name\"");
  if (!name->is_string()) {
    return Failed(CallError::kBadName, Cat("\"name\" is to be a string, found ", name->type_name()));
  }
  if (name->string()->empty()) return Failed(CallError::kBadName, "\"name\" is empty");
  CallReading reading;
  reading.name = *name->string();
  for (json::Member& member : *value.object()) {
    if (member.key == "arguments") {
      if (!member.value.is_object()) {
        return Failed(CallError::kArgumentsNotObject,
                      Cat("\"arguments\" is to be an object, found ", member.value.type_name()));
      }
      reading.arguments = std::move(member.value);
      return reading;
    }
  }
  return Failed(CallError::kMissingArguments, "there is no member \"arguments\"");
}

}  // namespace

CallReading ReadCall(std::string_view body, BodyEnd end, bool is_broken, const CallLimits& limits) {
  const std::string_view text = Strip(body);
  const bool is_cut = end == BodyEnd::kOutput;
  if (text.empty()) {
    if (is_cut) return Failed(CallError::kUnterminated, "the output ends inside the call");
    if (end == BodyEnd::kOpenTag) return Failed(CallError::kInvalidJson, "another call begins inside it");
    return Failed(CallError::kEmpty, "there is nothing between the tags");
  }
  JsonScanner scanner;
  while (scanner.Advance(text)) {
  }
  scanner.Finish();
  std::string problem;
  if (scanner.complete()) {
    if (!Strip(text.substr(scanner.position())).empty()) {
      return Failed(CallError::kTrailingData, "something follows the JSON object");
    }
    std::string json(text);
    const bool is_mended = MendSurrogates(&json);
    LastMemberBuilder builder(limits.max_values);
    json::ParseLimits parse_limits;
    parse_limits.max_values = UINT64_MAX;  // the builder counts
    const Status parsed = json::ParseEvents(json, parse_limits, &builder);
    if (parsed.ok()) {
      CallReading reading = Shape(builder.Take());
      if (reading.error == CallError::kNone) {
        reading.arguments_text = is_mended || builder.had_twins()
                                     ? json::Write(reading.arguments)
                                     : std::string(scanner.last_arguments().In(text));
      }
      return reading;
    }
    if (parsed.code() == StatusCode::kResourceExhausted) {
      return Failed(CallError::kTooLarge, talaria::Message(parsed));
    }
    problem = talaria::Message(parsed);
  } else {
    problem = "it is not JSON";
  }
  StatusOr<json::Value> literal = is_broken ? StatusOr<json::Value>(InvalidArgument(problem))
                                            : ParsePythonLiteral(text, limits.max_values);
  if (literal.ok()) {
    CallReading reading = Shape(*std::move(literal));
    reading.lenient = reading.error == CallError::kNone;
    if (reading.lenient) reading.arguments_text = json::Write(reading.arguments);
    return reading;
  }
  if (literal.status().code() == StatusCode::kResourceExhausted) {
    return Failed(CallError::kTooLarge, talaria::Message(literal.status()));
  }
  if (is_cut) return Failed(CallError::kUnterminated, "the output ends inside the call");
  return Failed(CallError::kInvalidJson, problem);
}

}  // namespace talaria::chat
