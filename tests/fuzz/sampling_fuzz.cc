// rooms: sampling
// Any bytes as parameters, logits (NaN and infinities among them), history, mask and banned strings: what is
// chosen is in the vocabulary, allowed, the same when asked again, and completes no banned string.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/allocator.h"
#include "lib/sampling/log_probabilities.h"
#include "lib/sampling/sampler.h"

namespace {

using namespace talaria::sampling;  // NOLINT(google-build-using-namespace)

constexpr size_t kVocabulary = 200;
constexpr int64_t kHistory = 64;

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  template <typename T>
  T Take() {
    T value{};
    const size_t bytes = std::min(sizeof(T), size_);
    std::memcpy(&value, data_, bytes);
    data_ += bytes;
    size_ -= bytes;
    return value;
  }
  // Often a number that is in range.
  double TakeNumber(double most) {
    const auto kind = Take<uint8_t>();
    return kind < 240 ? Take<uint8_t>() / 255.0 * most : Take<double>();
  }
  int64_t TakeInteger() {
    const auto kind = Take<uint8_t>();
    return kind < 240 ? Take<int8_t>() : Take<int64_t>();
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

std::string TextOf(int32_t id) {
  std::string text;
  for (int32_t rest = id; rest > 0; rest /= 4) text.push_back(static_cast<char>("abc\xf0"[rest % 4]));
  return text;
}

SamplingParams TakeParams(Input* input) {
  SamplingParams params;
  params.temperature = input->TakeNumber(3);
  params.temperature_last = input->Take<uint8_t>() % 2 == 1;
  params.top_k = input->TakeInteger();
  params.typical_p = input->TakeNumber(1);
  params.top_p = input->TakeNumber(1);
  params.min_p = input->TakeNumber(1);
  params.xtc_probability = input->TakeNumber(1);
  params.xtc_threshold = input->TakeNumber(1);
  params.repetition_penalty = input->TakeNumber(3);
  params.presence_penalty = input->TakeNumber(100);
  params.frequency_penalty = input->TakeNumber(100);
  params.penalty_window = input->TakeInteger();
  params.penalize_prompt = input->Take<uint8_t>() % 2 == 1;
  params.dry_multiplier = input->TakeNumber(10);
  params.dry_base = 1 + input->TakeNumber(3);
  params.dry_allowed_length = input->TakeInteger();
  params.dry_range = input->TakeInteger();
  return params;
}

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  talaria::Allocator allocator;
  SamplerConfig config;
  config.params = TakeParams(&input);
  std::vector<std::string> strings;
  for (auto count = input.Take<uint8_t>() % 4; count > 0; --count) {
    strings.push_back(TextOf(input.Take<uint16_t>()));
  }
  for (auto count = input.Take<uint8_t>() % 4; count > 0; --count) {
    config.logit_bias.push_back({input.Take<int16_t>(), input.Take<float>()});
    config.dry_breakers.push_back({input.Take<uint8_t>(), input.Take<uint8_t>()});
    config.xtc_spared.push_back(input.Take<uint8_t>());
  }
  config.seed = input.Take<uint64_t>();
  std::string text;
  auto index = TokenIndex::Create(&allocator, kVocabulary, [&text](int32_t id) {
    text = TextOf(id);
    return std::string_view(text);
  });
  Require(index.ok());
  auto banned = BannedStrings::Create(std::make_shared<const TokenIndex>(*std::move(index)), strings);
  if (!banned.ok()) return 0;
  config.banned_strings = std::make_shared<const BannedStrings>(*std::move(banned));
  const auto sampler = Sampler::Create(config, kVocabulary);
  if (!sampler.ok()) return 0;
  auto scratch = Scratch::Create(&allocator, kVocabulary, kHistory);
  Require(scratch.ok());

  std::vector<int32_t> history(input.Take<uint8_t>() % (kHistory + 1));
  for (int32_t& token : history) token = input.Take<int8_t>();
  SamplerRow row;
  row.history = {history, input.Take<uint8_t>() % (static_cast<int64_t>(history.size()) + 1)};
  std::vector<uint32_t> mask((kVocabulary + 31) / 32);
  for (uint32_t& word : mask) word = ~input.Take<uint32_t>();
  row.allowed = mask.data();
  row.position = input.Take<uint32_t>();
  std::vector<float> logits(kVocabulary);
  for (float& logit : logits) {
    const auto kind = input.Take<uint8_t>();
    logit = kind < 250 ? static_cast<float>(kind) / 16 : input.Take<float>();
  }
  row.logits = logits;

  TokenLogProbability top[5];
  (void)LogProbabilities(logits, 3, &*scratch, absl::MakeSpan(top));
  const auto token = sampler->Sample(row, &*scratch);
  const auto again = sampler->Sample(row, &*scratch);
  Require(token.ok() == again.ok());
  if (!token.ok()) return 0;
  Require(*token == *again && *token >= 0 && *token < static_cast<int32_t>(kVocabulary));
  const auto chosen = static_cast<size_t>(*token);
  Require((mask[chosen / 32] >> (chosen % 32) & 1) == 1 && logits[chosen] == logits[chosen]);
  std::string output;
  for (const int32_t id : row.history.generated()) output += id < 0 ? "" : TextOf(id);
  const size_t before = output.size();
  output += TextOf(*token);
  for (const std::string& string : strings) {
    for (size_t at = output.find(string); at != std::string::npos; at = output.find(string, at + 1)) {
      Require(at + string.size() <= before);
    }
  }
  return 0;
}
