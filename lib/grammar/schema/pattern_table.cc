#include "lib/grammar/schema/pattern_table.h"

#include "lib/base/text.h"
#include "lib/grammar/regex/pattern.h"
#include "lib/grammar/schema/formats.h"

namespace talaria::grammar {

StatusOr<std::shared_ptr<const PatternTable>> PatternTable::Create(const SchemaDocument& document, bool formats) {
  auto table = std::shared_ptr<PatternTable>(new PatternTable);
  for (SchemaId id = 0; id < document.size(); ++id) {
    const Schema& schema = document[id];
    if (schema.pattern.has_value()) {
      TALARIA_RETURN_IF_ERROR(table->Add("pattern", *schema.pattern, schema.pointer));
    }
    for (const NamedSchema& named : schema.patterns) {
      TALARIA_RETURN_IF_ERROR(table->Add("patternProperties", named.name, schema.pointer));
    }
    if (formats && schema.format.has_value() && table->formats_.count(*schema.format) == 0) {
      TALARIA_ASSIGN_OR_RETURN(const std::optional<Regex> regex,
                               FormatRegex(*schema.format, schema.pointer, TextForm::kPlain, &table->pool_));
      if (regex.has_value()) table->formats_.emplace(*schema.format, *regex);
    }
  }
  TALARIA_RETURN_IF_ERROR(table->pool_.status());
  return std::shared_ptr<const PatternTable>(std::move(table));
}

Status PatternTable::Add(std::string_view keyword, const std::string& pattern, const std::string& pointer) {
  if (patterns_.count(pattern) > 0) return absl::OkStatus();
  const StatusOr<Regex> regex = ParsePattern(pattern, PatternUse::kSearch, TextForm::kPlain, &pool_);
  if (!regex.ok()) return Unsupported(keyword, pointer, Message(regex.status()));
  patterns_.emplace(pattern, *regex);
  return absl::OkStatus();
}

StatusOr<bool> PatternMatcher::Matches(const std::string& pattern, std::string_view text) {
  const auto found = table_.patterns_.find(pattern);
  if (found == table_.patterns_.end()) return Internal("pattern ", Quoted(pattern), " is not in its table");
  return Match(found->second, text);
}

StatusOr<bool> PatternMatcher::IsOfFormat(const std::string& format, std::string_view text) {
  const auto found = table_.formats_.find(format);
  return found == table_.formats_.end() ? StatusOr<bool>(true) : Match(found->second, text);
}

StatusOr<bool> PatternMatcher::Match(Regex regex, std::string_view text) {
  // States that other texts have made may be in the way: then once more from the start.
  const bool fresh = !pool_.has_value();
  if (fresh) pool_.emplace(table_.pool_);
  bool matches = pool_->Matches(regex, text);
  if (pool_->status().ok()) return matches;
  const Status status = pool_->status();
  pool_.reset();
  if (fresh) return status;
  return Match(regex, text);
}

}  // namespace talaria::grammar
