#include "lib/engine/token_chooser.h"

#include <algorithm>
#include <utility>

namespace talaria {
namespace {

uint64_t LogitsBytes(int32_t rows, int64_t vocabulary) {
  return static_cast<uint64_t>(rows) * static_cast<uint64_t>(vocabulary) * sizeof(float);
}

uint64_t TopBytes(int32_t rows) {
  return static_cast<uint64_t>(rows) * sampling::kMaxTopLogProbabilities *
         sizeof(sampling::TokenLogProbability);
}

// The first of the largest among those allowed (null: all); -1 where none is.
int32_t LargestOf(absl::Span<const float> logits, const uint32_t* allowed) {
  if (allowed == nullptr) {
    return static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  }
  int32_t best = -1;
  for (size_t word = 0; word * 32 < logits.size(); ++word) {
    for (uint32_t left = allowed[word]; left != 0; left &= left - 1) {
      const size_t token = word * 32 + static_cast<size_t>(__builtin_ctz(left));
      if (token >= logits.size()) break;
      if (best < 0 || logits[token] > logits[static_cast<size_t>(best)]) best = static_cast<int32_t>(token);
    }
  }
  return best;
}

}  // namespace

uint64_t TokenChooser::BytesFor(int32_t rows, int64_t vocabulary, int64_t context) {
  return LogitsBytes(rows, vocabulary) + TopBytes(rows) + sampling::Scratch::BytesFor(vocabulary, context);
}

StatusOr<TokenChooser> TokenChooser::Create(Allocator* allocator, int32_t rows, int64_t vocabulary,
                                            int64_t context) {
  TALARIA_ASSIGN_OR_RETURN(sampling::Scratch scratch,
                           sampling::Scratch::Create(allocator, vocabulary, context));
  TALARIA_ASSIGN_OR_RETURN(Buffer logits,
                           allocator->Allocate(LogitsBytes(rows, vocabulary), "logits to choose from"));
  TALARIA_ASSIGN_OR_RETURN(Buffer top, allocator->Allocate(TopBytes(rows), "log-probabilities"));
  return TokenChooser(std::move(scratch), std::move(logits), std::move(top), vocabulary);
}

TokenChooser::TokenChooser(sampling::Scratch scratch, Buffer logits, Buffer top, int64_t vocabulary)
    : scratch_(std::move(scratch)),
      logits_(std::move(logits)),
      top_(std::move(top)),
      vocabulary_(vocabulary) {}

bool TokenChooser::IsNeeded(const GenerateOptions& options) {
  return options.log_probabilities || options.guide != nullptr ||
         (options.sampler != nullptr && !options.sampler->IsArgmax());
}

StatusOr<int32_t> TokenChooser::Choose(const Sequence& sequence, const float* logits, int32_t row,
                                       Event* told) {
  const GenerateOptions& options = sequence.options();
  const absl::Span<const float> given(logits, static_cast<size_t>(vocabulary_));
  const uint32_t* allowed = nullptr;
  if (options.guide != nullptr) {
    TALARIA_ASSIGN_OR_RETURN(allowed, options.guide->Mask());
  }
  int32_t token = 0;
  if (options.sampler == nullptr || options.sampler->IsArgmax()) {
    token = LargestOf(given, allowed);
    if (token < 0) return InvalidArgument("the grammar allows no token of the vocabulary here");
  } else {
    sampling::SamplerRow wanted;
    wanted.logits = given;
    wanted.history = {sequence.tokens(), sequence.prompt_count()};
    wanted.position = static_cast<uint64_t>(sequence.count());
    wanted.allowed = allowed;
    TALARIA_ASSIGN_OR_RETURN(token, options.sampler->Sample(wanted, &scratch_));
  }
  if (!options.log_probabilities) return token;
  const absl::Span<sampling::TokenLogProbability> top = top_.As<sampling::TokenLogProbability>().subspan(
      static_cast<size_t>(row) * sampling::kMaxTopLogProbabilities, static_cast<size_t>(options.top));
  TALARIA_ASSIGN_OR_RETURN(told->log_probability, sampling::LogProbabilities(given, token, &scratch_, top));
  told->has_log_probability = true;
  told->top = top;
  return token;
}

}  // namespace talaria
