#include "tests/conformance/tiny.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/fixtures.h"

namespace talaria::test {
namespace {

constexpr double kMarginThatCounts = 5e-3;

}  // namespace

std::vector<std::string> TinyFolders() {
  std::vector<std::string> folders = {GoldenFile("tiny_kv4")};
  for (const char* name : {"v1_gqa8_llama3rope_bf16", "v2_mha_tied_norope_scaling_fp32",
                           "v3_headdim32_gqa2_llama3rope_fp32", "v4_gqa8_tied_llama3rope32_oddvocab_fp16"}) {
    const std::string folder = SharedFixture(std::string("tiny/") + name);
    if (!folder.empty()) folders.push_back(folder);
  }
  return folders;
}

void CheckPrompt(const std::string& folder, std::string_view name, double tolerance,
                 const RunOptions& options) {
  CAPTURE(folder);
  CAPTURE(name);
  auto run = ModelRun::Open(folder, options);
  REQUIRE_MESSAGE(run.ok(), run.status());
  const auto expected = LoadExpected(folder, name, (*run)->config().vocab_size);
  REQUIRE_MESSAGE(expected.ok(), expected.status());

  std::vector<int64_t> positions;
  for (const auto& [position, top] : expected->top) positions.push_back(position);
  const auto logits = (*run)->Logits(expected->ids, positions);
  REQUIRE_MESSAGE(logits.ok(), logits.status());
  CHECK(logits->size() == positions.size());
  const double scale = LargestMagnitude(expected->final_logits);
  CHECK(LargestDifference(logits->back(), expected->final_logits) <= tolerance * scale);
  size_t row = 0;
  for (const auto& top : expected->top) {
    const int64_t position = top.first;
    CAPTURE(position);
    const std::vector<float>& found = (*logits)[row++];
    for (const auto& [token, value] : top.second) {
      CHECK(std::fabs(found[static_cast<size_t>(token)] - value) <= tolerance * scale + 1e-5);
    }
  }

  const auto greedy = (*run)->Greedy(expected->ids, 24);
  REQUIRE_MESSAGE(greedy.ok(), greedy.status());
  REQUIRE(greedy->size() == expected->greedy.size());
  for (size_t i = 0; i < greedy->size(); ++i) {
    // After a step that was too close to call the two may part ways.
    if (expected->margins[i] <= kMarginThatCounts && (*greedy)[i] != expected->greedy[i]) break;
    CAPTURE(i);
    CHECK((*greedy)[i] == expected->greedy[i]);
  }
}

}  // namespace talaria::test
