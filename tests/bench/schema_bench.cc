// How long schemas take to become grammars: schema_bench FILE...
// A line a file: bytes, median milliseconds of 5 runs, what became of it; at the end the median over all.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/grammar/json_schema.h"

namespace {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<double> compiled;
  std::vector<double> all;
  for (int i = 1; i < argc; ++i) {
    const auto text = talaria::ReadWholeFile(argv[i], 64u << 20);
    if (!text.ok()) {
      std::fprintf(stderr, "%s\n", talaria::Cat(talaria::Message(text.status())).c_str());
      return 1;
    }
    const auto schema = talaria::json::Parse(*text);
    if (!schema.ok()) {
      std::printf("%-60s not JSON: %s\n", argv[i], talaria::Cat(talaria::Message(schema.status())).c_str());
      continue;
    }
    std::vector<double> times;
    std::string outcome;
    for (int run = 0; run < 5; ++run) {
      const auto before = std::chrono::steady_clock::now();
      const auto made = talaria::grammar::SchemaGrammar::Create(*schema);
      times.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count());
      outcome = made.ok() ? "compiled" : talaria::Cat(talaria::Message(made.status()));
      if (run == 4 && made.ok()) compiled.push_back(Median(times));
      if (times.back() > 2000) break;
    }
    all.push_back(Median(times));
    std::printf("%-60s %8zu bytes %9.2f ms  %s\n", argv[i], text->size(), Median(times), outcome.c_str());
  }
  std::printf("%zu of %zu compiled; median %.2f ms of those, %.2f ms of all\n", compiled.size(), all.size(),
              Median(compiled), Median(all));
  return 0;
}
