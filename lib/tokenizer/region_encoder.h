#ifndef TALARIA_LIB_TOKENIZER_REGION_ENCODER_H_
#define TALARIA_LIB_TOKENIZER_REGION_ENCODER_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/base/status.h"
#include "lib/tokenizer/parts.h"

namespace talaria {

// Takes ids in their order: appends them to a vector, or only counts them.
class IdWriter {
 public:
  // *ids* may be null and outlives the writer.
  explicit IdWriter(std::vector<int32_t>* ids) : ids_(ids) {}

  void Put(int32_t id) {
    if (used_ == buffer_.size()) Flush();
    buffer_[used_++] = id;
  }
  // After the last Put: the ids are in the vector. How many there were.
  size_t Finish() {
    Flush();
    return flushed_;
  }

 private:
  void Flush() {
    if (ids_ != nullptr)
      ids_->insert(ids_->end(), buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
    flushed_ += used_;
    used_ = 0;
  }

  std::vector<int32_t>* const ids_;
  size_t flushed_ = 0;
  size_t used_ = 0;
  std::array<int32_t, 512> buffer_;
};

// A stretch of text in which the same rules hold for added tokens.
struct EncodeRegion {
  size_t begin;
  size_t end;
  const AddedTokenMatcher::Rules* rules;
};

// Puts the ids of the valid UTF-8 *text*, of less than 2^31 bytes. Added tokens match only inside *regions*,
// which ascend and do not overlap; all other text, also between regions, is ordinary and divided over the
// joined text between matches. RESOURCE_EXHAUSTED where a pre-tokenizer's pattern exceeds its limits; some
// ids may have been put then.
Status EncodeRegions(const TokenizerParts& parts, std::string_view text,
                     const std::vector<EncodeRegion>& regions, IdWriter* writer);

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_REGION_ENCODER_H_
