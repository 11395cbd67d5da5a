#include "lib/sampling/dry.h"

#include <algorithm>
#include <utility>

namespace talaria::sampling {
namespace {

// What is lost beyond all doubt, and far from a float's end.
constexpr double kMostPenalty = 1e30;

// By squaring: the C library's pow differs from system to system.
double Power(double base, int64_t exponent) {
  double power = 1;
  while (exponent > 0 && power < kMostPenalty) {
    if ((exponent & 1) != 0) power *= base;
    base = std::min(base * base, kMostPenalty);
    exponent >>= 1;
  }
  return power;
}

}  // namespace

StatusOr<DryBreakers> DryBreakers::Create(std::vector<std::vector<int32_t>> sequences, int64_t vocabulary) {
  size_t tokens = 0;
  for (size_t i = 0; i < sequences.size(); ++i) {
    if (sequences[i].empty()) return InvalidArgument("dry_breakers[", i, "]: expected tokens, found none");
    for (const int32_t token : sequences[i]) {
      if (token >= 0 && token < vocabulary) continue;
      return InvalidArgument("dry_breakers[", i, "]: expected ids of 0 to ", vocabulary - 1, ", found ",
                             token);
    }
    tokens += sequences[i].size();
  }
  if (tokens > kMaxTokens) {
    return ResourceExhausted("dry_breakers: expected at most ", kMaxTokens, " tokens in all, found ", tokens);
  }
  std::sort(sequences.begin(), sequences.end(),
            [](const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
              return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
            });
  DryBreakers breakers;
  breakers.sequences_ = std::move(sequences);
  return breakers;
}

size_t DryBreakers::TokensSince(absl::Span<const int32_t> tokens, size_t most) const {
  if (sequences_.empty()) return most;
  for (size_t since = 0; since < most; ++since) {
    const absl::Span<const int32_t> head = tokens.subspan(0, tokens.size() - since);
    const auto by_last = [](const std::vector<int32_t>& a, int32_t token) { return a.back() < token; };
    auto next = std::lower_bound(sequences_.begin(), sequences_.end(), head.back(), by_last);
    for (; next != sequences_.end() && next->back() == head.back(); ++next) {
      if (next->size() <= head.size() && std::equal(next->rbegin(), next->rend(), head.rbegin()))
        return since;
    }
  }
  return most;
}

bool DryBreakers::IsBreaker(int32_t token) const {
  const auto by_last = [](const std::vector<int32_t>& a, int32_t id) { return a.back() < id; };
  const auto first = std::lower_bound(sequences_.begin(), sequences_.end(), token, by_last);
  // Of those that end with it the shortest is first.
  return first != sequences_.end() && first->size() == 1 && first->front() == token;
}

void ApplyDry(const SamplingParams& params, const DryBreakers& breakers, absl::Span<const int32_t> tokens,
              Scratch* scratch, absl::Span<float> logits) {
  tokens = LastOf(tokens, params.dry_range);
  const size_t count = tokens.size();
  if (count < 2) return;
  // matches[j]: how many of the last tokens stand before place count - j too. That is the Z function
  // (Gusfield 1997, section 1.3) of the tokens read backwards: [left, right) is the match that reaches
  // farthest so far, and inside it earlier results are known to hold.
  const auto back = [&](size_t j) { return tokens[count - 1 - j]; };
  const absl::Span<int32_t> matches = scratch->matches;
  size_t left = 0;
  size_t right = 0;
  size_t longest = 0;
  for (size_t j = 1; j < count; ++j) {
    size_t match = j < right ? std::min(right - j, static_cast<size_t>(matches[j - left])) : 0;
    while (j + match < count && back(match) == back(j + match)) ++match;
    if (j + match > right) {
      left = j;
      right = j + match;
    }
    matches[j] = static_cast<int32_t>(match);
    longest = std::max(longest, match);
  }
  const auto allowed = static_cast<uint64_t>(params.dry_allowed_length);
  if (longest < allowed) return;
  const size_t limit = breakers.TokensSince(tokens, longest);
  if (limit < allowed) return;
  size_t seen = 0;
  for (size_t j = 1; j < count; ++j) {
    const size_t match = std::min(static_cast<size_t>(matches[j]), limit);
    const int32_t next = back(j - 1);
    if (match < allowed || static_cast<uint32_t>(next) >= logits.size()) continue;
    uint32_t& mark = scratch->marks[static_cast<size_t>(next)];
    if (mark == 0) scratch->picked[seen++] = next;
    mark = std::max(mark, static_cast<uint32_t>(match));
  }
  for (const int32_t token : scratch->picked.subspan(0, seen)) {
    uint32_t& mark = scratch->marks[static_cast<size_t>(token)];
    const int64_t beyond = static_cast<int64_t>(mark) - params.dry_allowed_length;
    mark = 0;
    if (breakers.IsBreaker(token)) continue;
    const double penalty = params.dry_multiplier * Power(params.dry_base, beyond);
    logits[static_cast<size_t>(token)] -= static_cast<float>(std::min(penalty, kMostPenalty));
  }
}

}  // namespace talaria::sampling
