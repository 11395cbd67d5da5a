#include "lib/tokenizer/tokenizer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/utf8.h"

namespace talaria {
namespace {

constexpr size_t kMaxTextBytes = INT32_MAX;

Status CheckSize(std::string_view text) {
  if (text.size() <= kMaxTextBytes) return absl::OkStatus();
  return ResourceExhausted("a text of ", BytesText(text.size()), ", expected at most ",
                           BytesText(kMaxTextBytes));
}

Status CheckSpans(const MarkedText& marked) {
  size_t at = 0;
  for (const MarkedSpan& span : marked.spans) {
    if (span.begin != at || span.end <= span.begin) {
      return InvalidArgument("marked text: a span from ", span.begin, " to ", span.end,
                             ", expected one from ", at);
    }
    at = span.end;
  }
  if (at == marked.text.size()) return absl::OkStatus();
  return InvalidArgument("marked text: the spans end at ", at, ", the text at ", marked.text.size());
}

// *marked* with U+FFFD for what is not UTF-8. A character whose bytes differ in mark is literal: it is
// nobody's.
MarkedText Sanitized(const MarkedText& marked) {
  MarkedText clean;
  const std::string_view text = marked.text;
  size_t span = 0;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = DecodeUtf8(text.substr(at));
    while (marked.spans[span].end <= at) ++span;
    const bool one_mark = at + c.bytes <= marked.spans[span].end;
    std::string character;
    AppendUtf8(c.code_point, &character);
    clean.Append(character, one_mark ? marked.spans[span].mark : TextMark::kLiteral);
    at += c.bytes;
  }
  return clean;
}

// True where a span begins inside a character.
bool DividesCharacters(const MarkedText& marked) {
  return std::any_of(marked.spans.begin(), marked.spans.end(), [&](const MarkedSpan& span) {
    return (static_cast<unsigned char>(marked.text[span.begin]) & 0xC0) == 0x80;
  });
}

}  // namespace

Tokenizer::Tokenizer(TokenizerParts parts)
    : parts_(std::move(parts)), special_(static_cast<size_t>(parts_.vocabulary.size())) {
  for (const AddedToken& token : added_tokens()) special_[static_cast<size_t>(token.id)] = token.special;
}

std::optional<int32_t> Tokenizer::IdOf(std::string_view bytes) const {
  if (const AddedToken* added = parts_.added.ByContent(bytes)) return added->id;
  if (bytes.empty()) return std::nullopt;
  const int32_t id = parts_.vocabulary.Find(bytes.data(), bytes.size());
  return id < 0 ? std::nullopt : std::optional<int32_t>(id);
}

StatusOr<AddedTokenMatcher::Rules> Tokenizer::RulesOf(const SpecialPolicy& policy,
                                                      std::string_view text) const {
  using Rule = AddedTokenMatcher::Rule;
  const bool forbid = policy.others == SpecialPolicy::Others::kForbidden;
  if (policy.all) return parts_.added.everything();
  if (policy.allowed.empty() && !forbid) return parts_.added.not_special();
  AddedTokenMatcher::Rules rules;
  AddedTokenMatcher::Rules forbidden;
  for (const AddedToken& token : added_tokens()) {
    rules.push_back(token.special ? Rule::kIgnore : Rule::kMatch);
    forbidden.push_back(token.special ? Rule::kMatch : Rule::kIgnore);
  }
  for (const std::string& content : policy.allowed) {
    const AddedToken* token = parts_.added.ByContent(content);
    if (token == nullptr)
      return InvalidArgument("no added token ", Quoted(content), " that could be allowed");
    const auto place = static_cast<size_t>(token - added_tokens().data());
    rules[place] = Rule::kMatch;
    forbidden[place] = Rule::kIgnore;
  }
  for (const AddedTokenMatcher* matcher : {&parts_.added.plain(), &parts_.added.normalized()}) {
    size_t offset = 0;
    uint32_t token = 0;
    if (forbid && matcher->FindFirst(text, forbidden, &offset, &token)) {
      return InvalidArgument("the text holds the forbidden special token ",
                             Quoted(added_tokens()[token].content), " at byte ", offset);
    }
  }
  return rules;
}

Status Tokenizer::EncodeText(std::string_view text, const EncodeOptions& options, IdWriter* writer) const {
  TALARIA_RETURN_IF_ERROR(CheckSize(text));
  std::string sanitized;
  if (!IsValidUtf8(text)) {
    sanitized = SanitizeUtf8(text);
    text = sanitized;
    TALARIA_RETURN_IF_ERROR(CheckSize(text));
  }
  if (options.add_bos) {
    if (bos_ids().empty()) return InvalidArgument("add_bos, and the tokenizer's files name none");
    for (const int32_t id : bos_ids()) writer->Put(id);
  }
  TALARIA_ASSIGN_OR_RETURN(const AddedTokenMatcher::Rules rules, RulesOf(options.special, text));
  std::vector<EncodeRegion> regions;
  const bool any = std::find(rules.begin(), rules.end(), AddedTokenMatcher::Rule::kMatch) != rules.end();
  if (any) regions.push_back({0, text.size(), &rules});
  return EncodeRegions(parts_, text, regions, writer);
}

Status Tokenizer::EncodeMarkedText(const MarkedText& marked, IdWriter* writer) const {
  TALARIA_RETURN_IF_ERROR(CheckSize(marked.text));
  TALARIA_RETURN_IF_ERROR(CheckSpans(marked));
  if (!IsValidUtf8(marked.text) || DividesCharacters(marked)) {
    const MarkedText clean = Sanitized(marked);
    return EncodeMarkedText(clean, writer);
  }
  std::vector<EncodeRegion> regions;
  for (const MarkedSpan& span : marked.spans) {
    if (span.mark == TextMark::kControl) {
      regions.push_back({span.begin, span.end, &parts_.added.everything()});
    } else if (span.mark == TextMark::kAssistant && parts_.added.any_not_special()) {
      regions.push_back({span.begin, span.end, &parts_.added.not_special()});
    }
  }
  return EncodeRegions(parts_, marked.text, regions, writer);
}

Status Tokenizer::Encode(std::string_view text, const EncodeOptions& options,
                         std::vector<int32_t>* ids) const {
  const size_t before = ids->size();
  IdWriter writer(ids);
  Status status = EncodeText(text, options, &writer);
  writer.Finish();
  if (!status.ok()) ids->resize(before);
  return status;
}

StatusOr<size_t> Tokenizer::Count(std::string_view text, const EncodeOptions& options) const {
  IdWriter writer(nullptr);
  TALARIA_RETURN_IF_ERROR(EncodeText(text, options, &writer));
  return writer.Finish();
}

Status Tokenizer::EncodeMarked(const MarkedText& marked, std::vector<int32_t>* ids) const {
  const size_t before = ids->size();
  IdWriter writer(ids);
  Status status = EncodeMarkedText(marked, &writer);
  writer.Finish();
  if (!status.ok()) ids->resize(before);
  return status;
}

StatusOr<size_t> Tokenizer::CountMarked(const MarkedText& marked) const {
  IdWriter writer(nullptr);
  TALARIA_RETURN_IF_ERROR(EncodeMarkedText(marked, &writer));
  return writer.Finish();
}

StatusOr<std::string> Tokenizer::DecodeChecked(absl::Span<const int32_t> ids, bool skip_special,
                                               bool* is_utf8) const {
  using Spelling = Vocabulary::Spelling;
  const Vocabulary& vocabulary = parts_.vocabulary;
  size_t bytes = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    size_t length = ids[i] >= 0 && ids[i] < size() ? vocabulary.SpellingOf(ids[i]).length : 0;
    if (length > Spelling::kMost) length = vocabulary.LengthOf(ids[i]);
    if (length == 0) {
      return InvalidArgument("id ", ids[i], " at index ", i, " has no token, expected one below ", size());
    }
    bytes += length;
  }
  std::string text(bytes + sizeof(Spelling), '\0');
  char* out = text.data();
  // Where tokens that are no whole characters began to follow one another; nullptr after one that is.
  const char* parts_begin = nullptr;
  const auto end_parts = [&] {
    if (parts_begin != nullptr && *is_utf8)
      *is_utf8 = IsValidUtf8({parts_begin, static_cast<size_t>(out - parts_begin)});
    parts_begin = nullptr;
  };
  *is_utf8 = true;
  for (const int32_t id : ids) {
    if (skip_special && IsSpecial(id)) continue;
    const Spelling& spelling = vocabulary.SpellingOf(id);
    if (spelling.is_utf8) {
      end_parts();
    } else if (parts_begin == nullptr) {
      parts_begin = out;
    }
    if (spelling.length <= Spelling::kMost) {
      // What is copied past the token's end is overwritten by the next.
      std::memcpy(out, &spelling, sizeof(spelling));
      out += spelling.length;
    } else {
      const std::string_view token = vocabulary.BytesOf(id);
      std::memcpy(out, token.data(), token.size());
      out += token.size();
    }
  }
  end_parts();
  text.resize(static_cast<size_t>(out - text.data()));
  return text;
}

StatusOr<std::string> Tokenizer::DecodeBytes(absl::Span<const int32_t> ids, bool skip_special) const {
  bool ignored = false;
  return DecodeChecked(ids, skip_special, &ignored);
}

StatusOr<std::string> Tokenizer::Decode(absl::Span<const int32_t> ids, bool skip_special) const {
  bool is_utf8 = false;
  TALARIA_ASSIGN_OR_RETURN(std::string text, DecodeChecked(ids, skip_special, &is_utf8));
  return is_utf8 ? std::move(text) : SanitizeUtf8(text);
}

}  // namespace talaria
