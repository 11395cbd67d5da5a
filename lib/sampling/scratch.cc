#include "lib/sampling/scratch.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace talaria::sampling {
namespace {

// Bytes. Each part begins on a line of cache.
uint64_t Padded(uint64_t elements) {
  static_assert(Scratch::kPadding * 4 == 64);
  return (elements * 4 + 63) / 64 * 64;
}

uint64_t BlocksOf(int64_t vocabulary) {
  return (static_cast<uint64_t>(vocabulary) + Scratch::kBlock - 1) / Scratch::kBlock;
}

constexpr uint64_t kPartsOfVocabulary = 6;

}  // namespace

uint64_t Scratch::BytesFor(int64_t vocabulary, int64_t max_history) {
  return kPartsOfVocabulary * Padded(static_cast<uint64_t>(vocabulary)) + 2 * Padded(BlocksOf(vocabulary)) +
         Padded(static_cast<uint64_t>(max_history));
}

StatusOr<Scratch> Scratch::Create(Allocator* allocator, int64_t vocabulary, int64_t max_history) {
  if (vocabulary < 1 || vocabulary > kMaxVocabulary) {
    return InvalidArgument("sampling: expected a vocabulary of 1 to ", kMaxVocabulary, " tokens, found ",
                           vocabulary);
  }
  constexpr int64_t kMostHistory = std::numeric_limits<int32_t>::max();
  if (max_history < 0 || max_history > kMostHistory) {
    return InvalidArgument("sampling: expected a history of 0 to ", kMostHistory, " tokens, found ",
                           max_history);
  }
  Scratch scratch;
  TALARIA_ASSIGN_OR_RETURN(scratch.memory_,
                           allocator->Allocate(BytesFor(vocabulary, max_history), "sampling scratch"));
  char* next = static_cast<char*>(scratch.memory_.data());
  const auto take = [&next](auto* span, uint64_t elements) {
    using Element = typename std::remove_pointer_t<decltype(span)>::element_type;
    *span = absl::MakeSpan(reinterpret_cast<Element*>(next), elements);
    std::fill(span->begin(), span->end(), Element{0});
    next += Padded(elements);
  };
  const auto tokens = static_cast<uint64_t>(vocabulary);
  take(&scratch.logits, tokens);
  take(&scratch.shares, tokens);
  take(&scratch.ids, tokens);
  take(&scratch.picked, tokens);
  take(&scratch.narrowed, tokens);
  take(&scratch.marks, tokens);
  take(&scratch.block_max, BlocksOf(vocabulary));
  take(&scratch.sorted_blocks, BlocksOf(vocabulary));
  take(&scratch.matches, static_cast<uint64_t>(max_history));
  for (auto& histogram : scratch.histograms) histogram.fill(0);
  return scratch;
}

}  // namespace talaria::sampling
