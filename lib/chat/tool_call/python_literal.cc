#include "lib/chat/tool_call/python_literal.h"

#include <string>
#include <utility>

#include "lib/chat/tool_call/last_member.h"
#include "lib/chat/tool_call/python_number.h"
#include "lib/chat/tool_call/python_string.h"

namespace talaria::chat {
namespace {

constexpr int kMaxDepth = 64;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Reader {
 public:
  Reader(std::string_view text, size_t max_values) : text_(text), values_left_(max_values) {}

  StatusOr<json::Value> Whole() {
    TALARIA_ASSIGN_OR_RETURN(json::Value value, Item());
    if (Takes(',')) {
      json::Array items;
      items.push_back(std::move(value));
      while (at_ < text_.size()) {
        TALARIA_ASSIGN_OR_RETURN(json::Value item, Item());
        items.push_back(std::move(item));
        if (!Takes(',')) break;
      }
      value = json::Value(std::move(items));
    }
    SkipSpace();
    if (at_ < text_.size()) return Wrong("something follows it");
    return value;
  }

 private:
  Status Wrong(std::string_view what) const {
    return InvalidArgument("neither JSON nor a Python literal: ", what, " at offset ", at_);
  }

  // White space, comments, and line ends, which inside brackets are white space too.
  void SkipSpace() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
      } else if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') {
        ++at_;
      } else if (c == '\n' || c == '\r') {
        if (depth_ == 0) return;
      } else if (c != ' ' && c != '\t' && c != '\f') {
        return;
      }
    }
  }

  // Whether *c* comes next, after white space; then it is behind.
  bool Takes(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  StatusOr<json::Value> Item() {
    if (values_left_ == 0) return ResourceExhausted("a call has too many values");
    --values_left_;
    SkipSpace();
    if (at_ >= text_.size()) return Wrong("it ends early");
    const char c = text_[at_];
    if (c == '{' || c == '[' || c == '(') {
      if (depth_ >= kMaxDepth) return Wrong("it is nested too deep");
      ++at_;
      ++depth_;
      StatusOr<json::Value> value = c == '{' ? Dict() : c == '[' ? List() : Parenthesis();
      --depth_;
      return value;
    }
    if (c == '+' || c == '-') {
      ++at_;
      SkipSpace();
      return Number(c == '-' ? "-" : "");
    }
    if (IsDigit(c) || c == '.') return Number("");
    return c == '"' || c == '\'' || BeginsString() ? String() : Name();
  }

  StatusOr<json::Value> Number(std::string_view sign) {
    if (at_ >= text_.size() || (!IsDigit(text_[at_]) && text_[at_] != '.'))
      return Wrong("a sign without a number");
    TALARIA_ASSIGN_OR_RETURN(const std::string number, ReadPythonNumber(text_, &at_));
    // Of integers Python knows one zero.
    return json::Value(json::Number{number == "0" ? number : Cat(sign, number)});
  }

  // Whether letters and then a quote come next.
  bool BeginsString() const {
    size_t at = at_;
    while (at < text_.size() && at < at_ + 2 && IsLetter(text_[at])) ++at;
    return at > at_ && at < text_.size() && (text_[at] == '"' || text_[at] == '\'');
  }

  // One string, or several in a row, which are one.
  StatusOr<json::Value> String() {
    std::string joined;
    do {
      TALARIA_RETURN_IF_ERROR(ReadPythonString(text_, &at_, &joined));
      SkipSpace();
    } while (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'' || BeginsString()));
    return json::Value(std::move(joined));
  }

  StatusOr<json::Value> Name() {
    size_t end = at_;
    while (end < text_.size() && (IsLetter(text_[end]) || IsDigit(text_[end]))) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    if (name != "True" && name != "False" && name != "None") return Wrong("no value");
    at_ = end;
    return name == "None" ? json::Value() : json::Value(name == "True");
  }

  StatusOr<json::Value> List() {
    json::Array items;
    while (!Takes(']')) {
      if (!items.empty() && !comma_) return Wrong("no comma");
      TALARIA_ASSIGN_OR_RETURN(json::Value item, Item());
      items.push_back(std::move(item));
      comma_ = Takes(',');
    }
    return json::Value(std::move(items));
  }

  StatusOr<json::Value> Parenthesis() {
    json::Array items;
    bool is_tuple = true;
    while (!Takes(')')) {
      if (!items.empty() && !comma_) return Wrong("no comma");
      TALARIA_ASSIGN_OR_RETURN(json::Value item, Item());
      items.push_back(std::move(item));
      comma_ = Takes(',');
      is_tuple = comma_ || items.size() > 1;
    }
    if (is_tuple) return json::Value(std::move(items));
    return std::move(items.front());
  }

  StatusOr<json::Value> Dict() {
    json::Object members;
    while (!Takes('}')) {
      if (!members.empty() && !comma_) return Wrong("no comma");
      TALARIA_ASSIGN_OR_RETURN(const json::Value key, Item());
      TALARIA_ASSIGN_OR_RETURN(std::string name, KeyText(key));
      if (!Takes(':')) return Wrong("no colon");
      TALARIA_ASSIGN_OR_RETURN(json::Value value, Item());
      members.push_back({std::move(name), std::move(value)});
      comma_ = Takes(',');
    }
    KeepLastMembers(&members);
    return json::Value(std::move(members));
  }

  StatusOr<std::string> KeyText(const json::Value& key) const {
    if (const std::string* text = key.string()) return *text;
    if (key.is_array() || key.is_object()) return Wrong("a name that is a container");
    return json::Write(key);
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  size_t values_left_;
  bool comma_ = false;  // whether one stood behind the last item
};

}  // namespace

StatusOr<json::Value> ParsePythonLiteral(std::string_view text, size_t max_values) {
  return Reader(text, max_values).Whole();
}

}  // namespace talaria::chat
