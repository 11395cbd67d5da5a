#ifndef TALARIA_LIB_CHAT_JINJA_TEMPLATE_H_
#define TALARIA_LIB_CHAT_JINJA_TEMPLATE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/marked_text.h"
#include "lib/chat/jinja/machine.h"

namespace talaria::chat::jinja {

// A chat template: parsed once, rendered any number of times by any number of threads at once.
class Template {
 public:
  // *source* of at most *max_bytes* (RESOURCE_EXHAUSTED), invalid UTF-8 replaced. Errors name the line and
  // what is wrong (INVALID_ARGUMENT) or not known here (UNIMPLEMENTED).
  static StatusOr<Template> Parse(std::string_view source, size_t max_bytes = 1u << 20);

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  // A variable of the context. Its value's marks come out on the text that the template makes of it.
  using Variable = std::pair<std::string_view, Value>;

  // The text, each byte with its mark; what the template itself says is kControl. Errors name the line.
  StatusOr<MarkedText> Render(const std::vector<Variable>& context, const Limits& limits = {},
                              std::optional<LocalTime> now = std::nullopt) const;

  // Whether *word* occurs in it as an attribute (x.word) or a whole string constant ('word').
  bool Mentions(std::string_view word) const;

 private:
  struct Parsed;
  explicit Template(std::unique_ptr<const Parsed> parsed);

  std::unique_ptr<const Parsed> parsed_;
};

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_TEMPLATE_H_
