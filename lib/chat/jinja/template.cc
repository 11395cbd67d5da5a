#include "lib/chat/jinja/template.h"

#include "lib/base/utf8.h"
#include "lib/chat/jinja/parser.h"

namespace talaria::chat::jinja {

struct Template::Parsed {
  Body body;
  std::vector<std::string> names;  // by symbol
  HashSet<std::string> words;
};

Template::Template(std::unique_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

StatusOr<Template> Template::Parse(std::string_view source, size_t max_bytes) {
  if (source.size() > max_bytes) {
    return ResourceExhausted("a template of ", source.size(), " bytes; the limit is ", max_bytes);
  }
  TALARIA_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(SanitizeUtf8(source)));
  Parser parser(std::move(tokens));
  auto parsed = std::make_unique<Parsed>();
  TALARIA_ASSIGN_OR_RETURN(parsed->body, parser.ParseTemplate());
  parsed->names = parser.names();
  parsed->words = parser.words();
  return Template(std::move(parsed));
}

StatusOr<MarkedText> Template::Render(const std::vector<Variable>& context, const Limits& limits,
                                      std::optional<LocalTime> now) const {
  Machine machine(limits, now);
  HashMap<std::string, const Value*> given;
  for (const auto& [name, value] : context) given[std::string(name)] = &value;
  for (size_t symbol = 0; symbol < parsed_->names.size(); ++symbol) {
    const auto found = given.find(parsed_->names[symbol]);
    if (found != given.end()) machine.Assign(static_cast<Symbol>(symbol), *found->second);
  }
  TALARIA_RETURN_IF_ERROR(ExecuteBody(parsed_->body, machine));
  MarkedText text;
  machine.output().AppendTo(&text);
  return text;
}

bool Template::Mentions(std::string_view word) const { return parsed_->words.count(std::string(word)) > 0; }

}  // namespace talaria::chat::jinja
