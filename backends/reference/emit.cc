#include "backends/reference/emit.h"

#include <algorithm>
#include <limits>

namespace talaria::reference {
namespace {

bool Allowed(const SamplingSpec& sampling, int32_t token) {
  if (sampling.mask == nullptr) return true;
  return (sampling.mask[static_cast<size_t>(token) / 32] >> (token % 32) & 1u) != 0;
}

// Calls *visit* with each token and its logit, in the order of ids.
template <typename Visit>
void ForEachLogit(const RowResult& row, Visit visit) {
  int32_t token = 0;
  for (size_t part = 0; part < row.parts; ++part) {
    for (const float logit : row.logits[part]) visit(token++, logit);
  }
}

// Keeps the *count* largest in tokens and values, descending; of equals the lower id first.
void TopK(const RowResult& row, const OutputSpec& output, int32_t count) {
  int32_t held = 0;
  ForEachLogit(row, [&](int32_t token, float logit) {
    if (!Allowed(output.sampling, token)) return;
    if (held == count && !(logit > output.values[held - 1])) return;
    int32_t at = held < count ? held++ : held - 1;
    for (; at > 0 && output.values[at - 1] < logit; --at) {
      output.values[at] = output.values[at - 1];
      output.tokens[at] = output.tokens[at - 1];
    }
    output.values[at] = logit;
    output.tokens[at] = token;
  });
  for (; held < count; ++held) {
    output.values[held] = -std::numeric_limits<float>::infinity();
    output.tokens[held] = -1;
  }
}

}  // namespace

void EmitRow(const RowResult& row, const OutputSpec& output) {
  if (output.kind == OutputKind::kHidden) {
    std::copy(row.hidden.begin(), row.hidden.end(), output.values);
  } else if (output.kind == OutputKind::kLogits) {
    ForEachLogit(row, [&](int32_t token, float logit) { output.values[token] = logit; });
  } else if (output.kind == OutputKind::kTopK) {
    TopK(row, output, output.top_k);
  } else if (output.kind == OutputKind::kSampled) {
    TopK(row, output, 1);
  }
}

}  // namespace talaria::reference
