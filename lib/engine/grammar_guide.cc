#include "lib/engine/grammar_guide.h"

#include <algorithm>
#include <string_view>

#include "lib/base/caught_exception.h"
#include "lib/base/utf8.h"

namespace talaria {
namespace {

// As much as is encoded anew at a time: longer forced texts come in several parts.
constexpr size_t kMostForcedBytes = 512;
// What may follow a forced text, by the ways in which it could join its end: letters, digits, spaces, ends of
// lines, punctuation, and letters and punctuation beyond ASCII.
constexpr std::string_view kProbes[] = {"a", "0",  " ",      "\n",     "\"",    ",",
                                        "}", "\\", "\u00E9", "\u4E2D", "\u2026"};

size_t CommonLength(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  const size_t shorter = std::min(a.size(), b.size());
  return static_cast<size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<int64_t>(shorter), b.begin()).first - a.begin());
}

}  // namespace

StatusOr<std::shared_ptr<GrammarGuide>> GrammarGuide::Create(std::shared_ptr<grammar::Automaton> automaton,
                                                             std::shared_ptr<const Tokenizer> tokenizer,
                                                             absl::Span<const int32_t> already) {
  if (automaton->tokens() == nullptr) return Internal("a grammar's automaton without a token table");
  const size_t words = automaton->tokens()->mask_words();
  std::shared_ptr<GrammarGuide> guide(
      new GrammarGuide(grammar::Matcher(std::move(automaton)), std::move(tokenizer), words));
  for (size_t i = 0; i < already.size(); ++i) {
    if (Status read = guide->Accept(already[i]); !read.ok()) {
      return Annotate(read, Cat("token ", i, " of the grammar's text"));
    }
  }
  return guide;
}

StatusOr<const uint32_t*> GrammarGuide::Mask() {
  TALARIA_RETURN_IF_ERROR(matcher_.FillMask(absl::MakeSpan(mask_)));
  return mask_.data();
}

Status GrammarGuide::Accept(int32_t token) {
  TALARIA_ASSIGN_OR_RETURN(const bool allowed, matcher_.AcceptToken(token));
  if (!allowed) return InvalidArgument("token ", token, ": expected one that the grammar allows here");
  found_.reset();
  if (recent_.size() == kRecentTokens) recent_.erase(recent_.begin());
  recent_.push_back(token);
  return absl::OkStatus();
}

StatusOr<bool> GrammarGuide::IsOver() {
  if (matcher_.finished()) return true;
  TALARIA_ASSIGN_OR_RETURN(const bool complete, matcher_.IsComplete());
  if (!complete) return false;
  TALARIA_ASSIGN_OR_RETURN(const bool goes_on, matcher_.CanContinue());
  return !goes_on;
}

Status GrammarGuide::Encode(const std::string& text, std::vector<int32_t>* ids) const {
  ids->clear();
  MarkedText marked;
  marked.Append(text, TextMark::kAssistant);
  return tokenizer_->EncodeMarked(marked, ids);
}

StatusOr<absl::Span<const int32_t>> GrammarGuide::Forced() {
  if (found_.has_value()) return *found_;
  StatusOr<absl::Span<const int32_t>> forced = Catching([this] { return FindForced(); });
  if (forced.ok()) found_ = *forced;
  return forced;
}

StatusOr<absl::Span<const int32_t>> GrammarGuide::FindForced() {
  forced_.clear();
  if (tokenizer_ == nullptr) return absl::Span<const int32_t>();
  TALARIA_ASSIGN_OR_RETURN(const std::string forced, matcher_.ForcedBytes(kMostForcedBytes));
  // Alternatives may share the first bytes of a character: those have no ids of their own.
  std::string text;
  for (const int32_t token : recent_) text += tokenizer_->BytesOf(token);
  const size_t before = text.size();
  text += forced;
  text.resize(text.size() - IncompleteUtf8Tail(text));
  if (text.size() < before + 2) return absl::Span<const int32_t>();
  TALARIA_RETURN_IF_ERROR(Encode(text, &forced_));
  size_t certain = forced_.size();
  for (const std::string_view probe : kProbes) {
    TALARIA_RETURN_IF_ERROR(Encode(text + std::string(probe), &probed_));
    certain = std::min(certain, CommonLength(forced_, probed_));
  }
  if (certain <= recent_.size() || CommonLength(forced_, recent_) < recent_.size()) {
    return absl::Span<const int32_t>();
  }
  return absl::MakeConstSpan(forced_).subspan(recent_.size(), certain - recent_.size());
}

}  // namespace talaria
