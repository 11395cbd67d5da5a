// talaria bench: tokens a second for prompts and for decoding.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "command.h"

namespace talaria::cli {
namespace {

struct BenchOptions : ModelOptions {
  int prompt = 512;
  int decode = 64;
  int depth = 0;
  int sequences = 1;
  int rounds = 5;
  bool json = false;
};

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Tokens that differ from one another and from round to round, the same on every machine.
std::vector<int32_t> PromptTokens(int count, uint32_t seed, int32_t vocabulary) {
  std::vector<int32_t> tokens;
  for (int i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;  // Numerical Recipes' generator
    tokens.push_back(static_cast<int32_t>((seed >> 8) % static_cast<uint32_t>(vocabulary)));
  }
  return tokens;
}

uint64_t PeakResidentBytes() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

// Steps until nothing is left to do, throwing events away.
Status Drain(Engine* engine, std::vector<Session>* sessions) {
  while (true) {
    const Result<talaria_step_info> step = engine->Step();
    if (!step.ok()) return step.status();
    bool any = false;
    for (Session& session : *sessions) {
      Event event;
      for (Result<bool> next = session.NextEvent(&event); true; next = session.NextEvent(&event)) {
        if (!next.ok()) return next.status();
        if (!*next) break;
        any = true;
      }
    }
    if (step->idle != 0 && !any) return Status();
  }
}

Result<std::vector<Session>> OpenSessions(Engine* engine, int count) {
  std::vector<Session> sessions;
  for (int i = 0; i < count; ++i) {
    Result<Session> session = engine->OpenSession();
    if (!session.ok()) return session.status();
    sessions.push_back(std::move(*session));
  }
  return sessions;
}

// Tokens a second over all sequences: *prompt* tokens each without an output but the last.
Result<double> TimePrompt(Engine* engine, const BenchOptions& options, uint32_t round, int32_t vocabulary) {
  Result<std::vector<Session>> sessions = OpenSessions(engine, options.sequences);
  if (!sessions.ok()) return sessions.status();
  talaria_append_options last = TALARIA_APPEND_OPTIONS_INIT;
  last.logits = TALARIA_LOGITS_LAST;
  for (size_t i = 0; i < sessions->size(); ++i) {
    const auto seed = round * 1000 + static_cast<uint32_t>(i);
    if (options.depth > 0) {
      const Status status = (*sessions)[i].Append(PromptTokens(options.depth, seed + 1, vocabulary), &last);
      if (!status.ok()) return status;
    }
  }
  if (const Status status = Drain(engine, &*sessions); !status.ok()) return status;
  for (size_t i = 0; i < sessions->size(); ++i) {
    const auto seed = round * 1000 + static_cast<uint32_t>(i) + 500;
    const Status status = (*sessions)[i].Append(PromptTokens(options.prompt, seed, vocabulary), &last);
    if (!status.ok()) return status;
  }
  const auto start = std::chrono::steady_clock::now();
  if (const Status status = Drain(engine, &*sessions); !status.ok()) return status;
  return options.prompt * options.sequences / SecondsSince(start);
}

// Tokens a second over all sequences, *depth* tokens (at least one) being in the cache before.
Result<double> TimeDecode(Engine* engine, const BenchOptions& options, uint32_t round, int32_t vocabulary) {
  Result<std::vector<Session>> sessions = OpenSessions(engine, options.sequences);
  if (!sessions.ok()) return sessions.status();
  for (size_t i = 0; i < sessions->size(); ++i) {
    const auto seed = round * 1000 + static_cast<uint32_t>(i);
    const Status status = (*sessions)[i].Append(PromptTokens(std::max(options.depth, 1), seed, vocabulary));
    if (!status.ok()) return status;
  }
  if (const Status status = Drain(engine, &*sessions); !status.ok()) return status;
  talaria_generate_options generate = TALARIA_GENERATE_OPTIONS_INIT;
  generate.set = TALARIA_SET_TEMPERATURE;
  generate.max_tokens = options.decode;
  generate.ignore_model_stops = 1;
  for (Session& session : *sessions) {
    if (const Status status = session.Generate(&generate); !status.ok()) return status;
  }
  const auto start = std::chrono::steady_clock::now();
  if (const Status status = Drain(engine, &*sessions); !status.ok()) return status;
  return options.decode * options.sequences / SecondsSince(start);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

std::string JsonList(const std::vector<double>& values) {
  std::string out = "[";
  for (size_t i = 0; i < values.size(); ++i) out += (i > 0 ? ", " : "") + std::to_string(values[i]);
  return out + "]";
}

Status Bench(const BenchOptions& options) {
  Result<Runtime> runtime = MakeRuntime(options);
  if (!runtime.ok()) return runtime.status();
  const auto load_start = std::chrono::steady_clock::now();
  Result<Model> model = OpenModel(&*runtime, options);
  if (!model.ok()) return model.status();
  const double load_s = SecondsSince(load_start);
  const talaria_model_info info = model->Info();

  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.max_sessions = options.sequences;
  config.context = options.depth + std::max(options.prompt, options.decode + 1);
  config.cache_positions = (config.context + 64) * options.sequences;
  config.output_rows = options.sequences;
  config.step_rows = std::max(256, options.sequences);
  Result<Engine> engine = model->CreateEngine(&config);
  if (!engine.ok()) return engine.status();

  std::vector<double> prompt_ts, decode_ts;
  // The first round warms up and is not counted.
  for (int round = 0; round <= options.rounds; ++round) {
    if (options.prompt > 0) {
      const Result<double> rate =
          TimePrompt(&*engine, options, static_cast<uint32_t>(round), info.vocabulary_size);
      if (!rate.ok()) return rate.status();
      if (round > 0) prompt_ts.push_back(*rate);
    }
    if (options.decode > 0) {
      const Result<double> rate =
          TimeDecode(&*engine, options, static_cast<uint32_t>(round), info.vocabulary_size);
      if (!rate.ok()) return rate.status();
      if (round > 0) decode_ts.push_back(*rate);
    }
  }
  if (!options.json) {
    std::printf(
        "prompt %d: %.2f tokens/s (median of %zu)\ndecode %d: %.2f tokens/s (median of %zu)\nload: %.3f s\n",
        options.prompt, Median(prompt_ts), prompt_ts.size(), options.decode, Median(decode_ts),
        decode_ts.size(), load_s);
    return Status();
  }
  std::printf(
      "{\"prompt_ts\": %s, \"decode_ts\": %s, \"prompt\": %d, \"decode\": %d, \"depth\": %d, \"sequences\": "
      "%d, "
      "\"threads\": %d, \"weight_bytes\": %llu, \"weight_bytes_per_token\": %llu, \"peak_rss_bytes\": %llu, "
      "\"load_s\": %.6f, \"version\": \"%s\"}\n",
      JsonList(prompt_ts).c_str(), JsonList(decode_ts).c_str(), options.prompt, options.decode, options.depth,
      options.sequences, options.threads, static_cast<unsigned long long>(info.weight_bytes),
      static_cast<unsigned long long>(info.weight_bytes_per_token),
      static_cast<unsigned long long>(PeakResidentBytes()), load_s, talaria_version_text());
  return Status();
}

}  // namespace

void AddBench(CLI::App* app, Action* action) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app->add_subcommand("bench", "Measure tokens a second for prompts and for decoding.");
  AddModelOptions(command, options.get());
  const auto range = CLI::Range(0, 1 << 20);
  command->add_option("-p,--prompt", options->prompt, "Tokens of the prompt; 0: not measured.")->check(range);
  command->add_option("-n,--decode", options->decode, "Tokens to generate; 0: not measured.")->check(range);
  command->add_option("-d,--depth", options->depth, "Tokens in the cache before.")->check(range);
  command->add_option("-b,--sequences", options->sequences, "Sequences at once; rates are of all together.")
      ->check(CLI::Range(1, 4096));
  command->add_option("-r,--rounds", options->rounds, "Measured rounds, after one to warm up.")
      ->check(CLI::Range(1, 1000));
  command->add_flag("--json", options->json, "One line of JSON with every round's figure.");
  command->footer("Example:\n  talaria bench model -p 512 -n 64 -t 2 --json");
  command->callback([options, action] { *action = [options] { return Bench(*options); }; });
}

}  // namespace talaria::cli
