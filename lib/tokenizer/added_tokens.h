#ifndef TALARIA_LIB_TOKENIZER_ADDED_TOKENS_H_
#define TALARIA_LIB_TOKENIZER_ADDED_TOKENS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace talaria {

// A token outside the byte-pair vocabulary that is matched in text as a whole, before anything else. The
// flags are Hugging Face's.
struct AddedToken {
  int32_t id = -1;
  std::string content;
  bool special = false;      // control: may be shut out of encoding and skipped in decoding
  bool single_word = false;  // only where no word character (\w) is beside it
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space after it
  bool normalized = false;   // matched after those that are not
};

// Finds one group of added tokens in text.
class AddedTokenMatcher {
 public:
  // What becomes of a content in text.
  enum class Rule : uint8_t {
    kMatch,   // its token
    kHide,    // ordinary text, in which no other token is looked for: Hugging Face's encode_special_tokens
    kIgnore,  // ordinary text, as if there were no such token: tiktoken's allowed_special
  };
  // Of each token by its place in AddedTokens::all().
  using Rules = std::vector<Rule>;
  struct Match {
    size_t begin;  // the white space taken is part of it
    size_t end;
    int32_t id;
  };
  // Where to look: contents and neighbouring words lie in [begin, end); white space is taken from the wider
  // [strip_begin, strip_end).
  struct Region {
    size_t begin;
    size_t end;
    size_t strip_begin;
    size_t strip_end;
  };

  // *tokens* outlives the matcher; *members* are places in it.
  AddedTokenMatcher(const std::vector<AddedToken>* tokens, std::vector<uint32_t> members);

  bool empty() const { return sorted_.empty(); }
  // Appends the matches in one region of the valid UTF-8 *text*: leftmost first, the longest of those that
  // begin there, without overlap (save that white space taken by one may belong to the content of the next).
  // Regions come in ascending order.
  void FindAll(std::string_view text, const Region& region, const Rules& rules,
               std::vector<Match>* matches) const;
  // The place in AddedTokens::all() and the offset of the first content in *text* whose rule is kMatch,
  // whatever its neighbours; false where there is none.
  bool FindFirst(std::string_view text, const Rules& rules, size_t* offset, uint32_t* token) const;

 private:
  // The first offset from *from* on at which a content may begin; *end* where there is none.
  size_t NextStart(std::string_view text, size_t from, size_t end) const;
  // The longest content at *text*'s start that is not ignored, or nullptr.
  const uint32_t* LongestAt(std::string_view text, const Rules& rules) const;
  const AddedToken& TokenAt(uint32_t place) const { return (*tokens_)[place]; }

  const std::vector<AddedToken>* tokens_;
  std::vector<uint32_t> sorted_;  // by content
  std::array<bool, 256> starts_{};
  int only_start_ = -1;  // the byte all contents begin with, where there is but one
};

// All added tokens of a tokenizer. Immutable.
class AddedTokens {
 public:
  // Longer contents are refused: a search takes up to this many steps a byte.
  static constexpr size_t kMaxContentBytes = 1024;

  // INVALID_ARGUMENT where a content is empty, too long or not UTF-8, or a content or an id occurs twice.
  static StatusOr<AddedTokens> Create(std::vector<AddedToken> tokens);

  AddedTokens(AddedTokens&&) noexcept = default;
  AddedTokens& operator=(AddedTokens&&) noexcept = default;

  const std::vector<AddedToken>& all() const { return *tokens_; }
  // nullptr where there is none.
  const AddedToken* ById(int32_t id) const;
  const AddedToken* ByContent(std::string_view content) const;

  const AddedTokenMatcher& plain() const { return plain_; }
  const AddedTokenMatcher& normalized() const { return normalized_; }
  // Every token matches; those with special = false do and hide the others.
  const AddedTokenMatcher::Rules& everything() const { return everything_; }
  const AddedTokenMatcher::Rules& not_special() const { return not_special_; }
  bool any_not_special() const { return any_not_special_; }

 private:
  explicit AddedTokens(std::vector<AddedToken> tokens);

  // In the order of ids, at an address that moving does not change.
  std::unique_ptr<const std::vector<AddedToken>> tokens_;
  std::vector<uint32_t> by_content_;  // places, sorted
  AddedTokenMatcher plain_;
  AddedTokenMatcher normalized_;
  AddedTokenMatcher::Rules everything_;
  AddedTokenMatcher::Rules not_special_;
  bool any_not_special_ = false;
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_ADDED_TOKENS_H_
