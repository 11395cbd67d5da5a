#include "raw_json.h"

#include <nlohmann/json.hpp>

namespace talaria::cli {
namespace {

// Walks well-formed JSON without reading it.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  char Next() {
    Skip(" \t\r\n");
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void Step() { ++at_; }

  std::string_view String() {
    const size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string_view Value() {
    const char first = Next();
    const size_t begin = at_;
    if (first == '"') return String();
    size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        String();
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}' || c == ']' || c == ' ' || c == '\t')) break;
      if (c == '{' || c == '[') ++depth;
      ++at_;
      if ((c == '}' || c == ']') && --depth == 0) break;
    }
    return text_.substr(begin, at_ - begin);
  }

 private:
  void Skip(std::string_view these) {
    while (at_ < text_.size() && these.find(text_[at_]) != std::string_view::npos) ++at_;
  }

  const std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::optional<std::string_view> RawMember(std::string_view object, std::string_view key) {
  std::optional<std::string_view> found;
  Walk walk(object);
  if (walk.Next() != '{') return found;
  walk.Step();
  while (walk.Next() == '"') {
    const nlohmann::json name = nlohmann::json::parse(walk.String(), nullptr, false);
    if (walk.Next() == ':') walk.Step();
    const std::string_view value = walk.Value();
    if (name.is_string() && name.get_ref<const std::string&>() == key) found = value;
    if (walk.Next() != ',') break;
    walk.Step();
  }
  return found;
}

}  // namespace talaria::cli
