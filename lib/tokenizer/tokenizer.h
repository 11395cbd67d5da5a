#ifndef TALARIA_LIB_TOKENIZER_TOKENIZER_H_
#define TALARIA_LIB_TOKENIZER_TOKENIZER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/log.h"
#include "lib/base/marked_text.h"
#include "lib/base/status.h"
#include "lib/tokenizer/added_tokens.h"
#include "lib/tokenizer/llama3_splitter.h"
#include "lib/tokenizer/parts.h"
#include "lib/tokenizer/region_encoder.h"

namespace talaria {

// What becomes of special added tokens whose content stands in plain text. Added tokens with special = false
// match under every policy, as they do in Hugging Face's tokenizers; EncodeMarked can shut those out too.
struct SpecialPolicy {
  enum class Others {
    kText,       // ordinary text
    kForbidden,  // an error
  };

  // Each special token is encoded as itself.
  static SpecialPolicy All() { return {true, {}, Others::kText}; }
  // None is: the words of somebody who must not command the model. (Hugging Face's encode_special_tokens.)
  static SpecialPolicy None() { return {false, {}, Others::kText}; }
  // Those of the given contents are; the others might not be there at all. (tiktoken's allowed_special.)
  static SpecialPolicy Only(std::vector<std::string> contents) {
    return {false, std::move(contents), Others::kText};
  }
  // Those of the given contents are, and any other in the text is an error.
  static SpecialPolicy Forbid(std::vector<std::string> except = {}) {
    return {false, std::move(except), Others::kForbidden};
  }

  bool all = false;
  std::vector<std::string> allowed;  // where not *all*
  Others others = Others::kText;
};

struct EncodeOptions {
  EncodeOptions(SpecialPolicy policy = SpecialPolicy::None()) : special(std::move(policy)) {}  // NOLINT

  SpecialPolicy special;
  // Puts bos_ids() first. Off: chat templates write it themselves.
  bool add_bos = false;
};

// Text to ids and back, as the model was trained. Immutable; shared by any number of threads.
//
// Text is UTF-8; each maximal subpart of an invalid sequence counts as U+FFFD. Calls that append leave their
// output as it was where they fail. Lengths above 2^31 - 1 bytes are RESOURCE_EXHAUSTED.
class Tokenizer {
 public:
  struct Options {
    // Rows of the model's embedding: no id may reach it. 0: config.json's vocab_size where a folder is opened
    // that has one, else no bound but Vocabulary::kMaxIds.
    int64_t vocab_size = 0;
    // Where warnings about the files go; may be null, not kept.
    const LogSink* log = nullptr;
  };

  // A checkpoint's folder (tokenizer.json; without one, the tiktoken rank file tokenizer.model with the added
  // tokens of tokenizer_config.json), a tokenizer.json, or a rank file (without added tokens). NOT_FOUND
  // where there is none; otherwise what the readers below return, with the file's path.
  static StatusOr<std::shared_ptr<const Tokenizer>> Open(const std::string& path, const Options& options);
  static StatusOr<std::shared_ptr<const Tokenizer>> Open(const std::string& path) {
    return Open(path, Options());
  }

  // A rank file with a map of its added tokens: a JSON array of {"id", "content", "special"}.
  static StatusOr<std::shared_ptr<const Tokenizer>> OpenRankFile(const std::string& ranks_path,
                                                                 const std::string& map_path,
                                                                 const Options& options);

  // The text of a tokenizer.json: a byte-level BPE model. UNIMPLEMENTED, naming it, for a model, normalizer,
  // pre-tokenizer, post-processor or decoder that is not known here; INVALID_ARGUMENT where it is not well
  // formed or inconsistent.
  static StatusOr<std::shared_ptr<const Tokenizer>> FromTokenizerJson(std::string_view text,
                                                                      const Options& options);

  // A tiktoken rank file: lines of base64, a space and a rank; the ranks are the ids, 0 and up without gap.
  // *added* come on top; *pattern* divides the text.
  static StatusOr<std::shared_ptr<const Tokenizer>> FromRankFile(std::string_view ranks,
                                                                 std::vector<AddedToken> added,
                                                                 const Options& options,
                                                                 std::string_view pattern = kLlama3Pattern);

  explicit Tokenizer(TokenizerParts parts);

  // One past the largest id.
  int32_t size() const { return parts_.vocabulary.size(); }
  // What *id* stands for: an added token's content, or bytes that need not be UTF-8. Empty for an id without
  // a token. Good as long as the tokenizer.
  std::string_view BytesOf(int32_t id) const { return parts_.vocabulary.BytesOf(id); }
  // Whether *id* has a token whose bytes alone are valid UTF-8.
  bool IsUtf8(int32_t id) const { return id >= 0 && id < size() && parts_.vocabulary.SpellingOf(id).is_utf8; }
  // nullptr where *id* is no added token.
  const AddedToken* AddedTokenOf(int32_t id) const { return parts_.added.ById(id); }
  // Whether *id* is an added token with special = true.
  bool IsSpecial(int32_t id) const { return id >= 0 && id < size() && special_[static_cast<size_t>(id)]; }
  // In the order of their ids.
  const std::vector<AddedToken>& added_tokens() const { return parts_.added.all(); }
  // The added token of that content, or else the token of those bytes.
  std::optional<int32_t> IdOf(std::string_view bytes) const;
  // What the post-processor, or else tokenizer_config.json's bos_token, puts before a text. Often one id,
  // maybe none.
  const std::vector<int32_t>& bos_ids() const { return parts_.bos_ids; }

  // Appends the ids of *text*. INVALID_ARGUMENT where the policy names a token that is not there, where a
  // forbidden one is in the text (named, with its offset in bytes), and where add_bos is asked for and there
  // is none.
  Status Encode(std::string_view text, const EncodeOptions& options, std::vector<int32_t>* ids) const;
  // How many ids Encode would append.
  StatusOr<size_t> Count(std::string_view text, const EncodeOptions& options) const;

  // Appends the ids of marked text: the marks govern only which added tokens may match; ordinary text is
  // divided over the joined text between matches. What is beyond a span counts as no word character for
  // single_word, so that no neighbour's words decide whether a control token matches. INVALID_ARGUMENT where
  // the spans do not cover the text.
  Status EncodeMarked(const MarkedText& marked, std::vector<int32_t>* ids) const;
  StatusOr<size_t> CountMarked(const MarkedText& marked) const;

  // The bytes of *ids*, one after the other; with *skip_special* without special added tokens.
  // INVALID_ARGUMENT, naming the index, for an id without a token.
  StatusOr<std::string> DecodeBytes(absl::Span<const int32_t> ids, bool skip_special) const;
  // Those bytes as UTF-8, each maximal subpart of an invalid sequence replaced by U+FFFD.
  StatusOr<std::string> Decode(absl::Span<const int32_t> ids, bool skip_special) const;

 private:
  StatusOr<AddedTokenMatcher::Rules> RulesOf(const SpecialPolicy& policy, std::string_view text) const;
  Status EncodeText(std::string_view text, const EncodeOptions& options, IdWriter* writer) const;
  Status EncodeMarkedText(const MarkedText& marked, IdWriter* writer) const;
  // DecodeBytes, and whether that is valid UTF-8: only tokens that are parts of characters are looked at.
  StatusOr<std::string> DecodeChecked(absl::Span<const int32_t> ids, bool skip_special, bool* is_utf8) const;

  const TokenizerParts parts_;
  std::vector<bool> special_;  // of each id
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_TOKENIZER_H_
