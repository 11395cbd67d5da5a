#include "lib/tokenizer/added_tokens.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "lib/base/utf8.h"
#include "lib/tokenizer/unicode_tables.h"

namespace talaria {
namespace {

// The last character of *text*, which is valid UTF-8 and not empty.
Utf8Char LastChar(std::string_view text) {
  size_t begin = text.size() - 1;
  while ((static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  return DecodeUtf8(text.substr(begin));
}

bool StartsWithWord(std::string_view text) { return !text.empty() && IsWord(DecodeUtf8(text).code_point); }
bool EndsWithWord(std::string_view text) { return !text.empty() && IsWord(LastChar(text).code_point); }

size_t SpacesAtStart(std::string_view text) {
  size_t spaces = 0;
  while (spaces < text.size()) {
    const Utf8Char c = DecodeUtf8(text.substr(spaces));
    if (!IsWhiteSpace(c.code_point)) break;
    spaces += c.bytes;
  }
  return spaces;
}

size_t SpacesAtEnd(std::string_view text) {
  const size_t bytes = text.size();
  while (!text.empty()) {
    const Utf8Char c = LastChar(text);
    if (!IsWhiteSpace(c.code_point)) break;
    text.remove_suffix(c.bytes);
  }
  return bytes - text.size();
}

std::vector<uint32_t> Members(const std::vector<AddedToken>& tokens, bool normalized) {
  std::vector<uint32_t> members;
  for (uint32_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].normalized == normalized) members.push_back(i);
  }
  return members;
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(const std::vector<AddedToken>* tokens, std::vector<uint32_t> members)
    : tokens_(tokens), sorted_(std::move(members)) {
  std::sort(sorted_.begin(), sorted_.end(),
            [this](uint32_t a, uint32_t b) { return TokenAt(a).content < TokenAt(b).content; });
  for (const uint32_t place : sorted_) starts_[static_cast<unsigned char>(TokenAt(place).content[0])] = true;
  if (std::count(starts_.begin(), starts_.end(), true) == 1) {
    only_start_ = static_cast<int>(std::find(starts_.begin(), starts_.end(), true) - starts_.begin());
  }
}

size_t AddedTokenMatcher::NextStart(std::string_view text, size_t from, size_t end) const {
  if (only_start_ >= 0) {
    const void* found = std::memchr(text.data() + from, only_start_, end - from);
    return found == nullptr ? end : static_cast<size_t>(static_cast<const char*>(found) - text.data());
  }
  while (from < end && !starts_[static_cast<unsigned char>(text[from])]) ++from;
  return from;
}

const uint32_t* AddedTokenMatcher::LongestAt(std::string_view text, const Rules& rules) const {
  // The contents that agree with *text* so far are a range of the sorted ones, the shortest first in it.
  const uint32_t* low = sorted_.data();
  const uint32_t* high = low + sorted_.size();
  const uint32_t* longest = nullptr;
  for (size_t depth = 0; low < high; ++depth) {
    if (TokenAt(*low).content.size() == depth) {
      if (rules[*low] != Rule::kIgnore) longest = low;
      ++low;
    }
    if (depth == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[depth]);
    const auto byte_of = [&](uint32_t place) {
      return static_cast<unsigned char>(TokenAt(place).content[depth]);
    };
    low = std::partition_point(low, high, [&](uint32_t place) { return byte_of(place) < byte; });
    high = std::partition_point(low, high, [&](uint32_t place) { return byte_of(place) == byte; });
  }
  return longest;
}

void AddedTokenMatcher::FindAll(std::string_view text, const Region& region, const Rules& rules,
                                std::vector<Match>* matches) const {
  if (empty()) return;
  // The end of the white space that was taken last: contents inside it need not look for it again.
  size_t spaces_end = 0;
  for (size_t at = NextStart(text, region.begin, region.end); at < region.end;
       at = NextStart(text, at, region.end)) {
    const uint32_t* found = LongestAt(text.substr(at, region.end - at), rules);
    if (found == nullptr) {
      ++at;
      continue;
    }
    const AddedToken& token = TokenAt(*found);
    Match match = {at, at + token.content.size(), token.id};
    at = match.end;
    if (rules[*found] == Rule::kHide) continue;
    if (token.single_word && (EndsWithWord(text.substr(region.begin, match.begin - region.begin)) ||
                              StartsWithWord(text.substr(match.end, region.end - match.end)))) {
      continue;
    }
    if (token.lstrip) {
      const size_t taken = std::max(region.strip_begin, matches->empty() ? 0 : matches->back().end);
      match.begin =
          taken < match.begin ? match.begin - SpacesAtEnd(text.substr(taken, match.begin - taken)) : taken;
    }
    if (token.rstrip) {
      if (match.end >= spaces_end)
        spaces_end = match.end + SpacesAtStart(text.substr(match.end, region.strip_end - match.end));
      match.end = spaces_end;
    }
    // A content of white space may have been taken whole by the match before.
    if (match.begin < match.end) matches->push_back(match);
  }
}

bool AddedTokenMatcher::FindFirst(std::string_view text, const Rules& rules, size_t* offset,
                                  uint32_t* token) const {
  if (empty()) return false;
  for (size_t at = NextStart(text, 0, text.size()); at < text.size();
       at = NextStart(text, at + 1, text.size())) {
    const uint32_t* found = LongestAt(text.substr(at), rules);
    if (found != nullptr && rules[*found] == Rule::kMatch) {
      *offset = at;
      *token = *found;
      return true;
    }
  }
  return false;
}

StatusOr<AddedTokens> AddedTokens::Create(std::vector<AddedToken> tokens) {
  std::sort(tokens.begin(), tokens.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  for (size_t i = 0; i < tokens.size(); ++i) {
    const AddedToken& token = tokens[i];
    if (token.content.empty()) return InvalidArgument("the added token of id ", token.id, " has no content");
    if (token.content.size() > kMaxContentBytes) {
      return InvalidArgument("added token ", Quoted(token.content), " is of ", token.content.size(),
                             " bytes, expected at most ", kMaxContentBytes);
    }
    if (!IsValidUtf8(token.content))
      return InvalidArgument("added token ", Quoted(token.content), " is not UTF-8");
    if (i > 0 && tokens[i - 1].id == token.id) {
      return InvalidArgument("id ", token.id, " belongs to two added tokens, ", Quoted(tokens[i - 1].content),
                             " and ", Quoted(token.content));
    }
  }
  AddedTokens added(std::move(tokens));
  const auto token_at = [&added](size_t i) -> const AddedToken& { return added.all()[added.by_content_[i]]; };
  for (size_t i = 1; i < added.by_content_.size(); ++i) {
    if (token_at(i - 1).content != token_at(i).content) continue;
    return InvalidArgument("added token ", Quoted(token_at(i).content), " has two ids, ", token_at(i - 1).id,
                           " and ", token_at(i).id);
  }
  return added;
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens)
    : tokens_(std::make_unique<const std::vector<AddedToken>>(std::move(tokens))),
      plain_(tokens_.get(), Members(*tokens_, false)),
      normalized_(tokens_.get(), Members(*tokens_, true)),
      everything_(tokens_->size(), AddedTokenMatcher::Rule::kMatch) {
  for (const AddedToken& token : *tokens_) {
    not_special_.push_back(token.special ? AddedTokenMatcher::Rule::kHide : AddedTokenMatcher::Rule::kMatch);
    any_not_special_ |= !token.special;
  }
  by_content_.resize(tokens_->size());
  std::iota(by_content_.begin(), by_content_.end(), 0u);
  std::stable_sort(by_content_.begin(), by_content_.end(),
                   [this](uint32_t a, uint32_t b) { return (*tokens_)[a].content < (*tokens_)[b].content; });
}

const AddedToken* AddedTokens::ById(int32_t id) const {
  const auto found =
      std::lower_bound(tokens_->begin(), tokens_->end(), id,
                       [](const AddedToken& token, int32_t wanted) { return token.id < wanted; });
  return found == tokens_->end() || found->id != id ? nullptr : &*found;
}

const AddedToken* AddedTokens::ByContent(std::string_view content) const {
  const auto found = std::lower_bound(
      by_content_.begin(), by_content_.end(), content,
      [this](uint32_t place, std::string_view wanted) { return (*tokens_)[place].content < wanted; });
  return found == by_content_.end() || (*tokens_)[*found].content != content ? nullptr : &(*tokens_)[*found];
}

}  // namespace talaria
