#include "tests/conformance/model_run.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/strings/escaping.h"
#include "backends/cpu/backend.h"
#include "backends/reference/backend.h"
#include "lib/base/file.h"

namespace talaria::test {

StatusOr<std::unique_ptr<ModelRun>> ModelRun::Open(const std::string& path, const RunOptions& options) {
  auto run = std::make_unique<ModelRun>();
  run->options_ = options;
  TALARIA_ASSIGN_OR_RETURN(run->pool_, ThreadPool::Create(options.threads));
  TALARIA_ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::Open(path, run->log_));
  BackendOptions backend;
  backend.allocator = &run->allocator_;
  backend.pool = run->pool_.get();
  backend.log = &run->log_;
  backend.ranks = options.ranks;
  backend.isa = options.isa;
  backend.check_recording = true;
  std::vector<int64_t> layers = options.stage_layers;
  if (layers.empty()) layers.push_back(checkpoint.config().num_layers);
  std::vector<StageSpec> stages;
  for (const int64_t count : layers) {
    TALARIA_ASSIGN_OR_RETURN(std::unique_ptr<Backend> made,
                             options.cpu ? cpu::CreateBackend(backend) : reference::CreateBackend(backend));
    stages.push_back({std::move(made), count});
  }
  LlamaOptions model;
  model.format = options.format;
  model.canonical_leaves = options.canonical_leaves;
  TALARIA_ASSIGN_OR_RETURN(run->llama_, Llama::Load(checkpoint, stages, model, {}));
  return run;
}

StatusOr<std::unique_ptr<Engine>> ModelRun::MakeEngine(int64_t context) {
  EngineConfig config;
  config.max_sessions = 1;
  config.context = context;
  config.cache_positions = context;
  config.page_size = options_.page_size;
  config.cache_dtype = options_.cache_dtype;
  config.step_rows = options_.chunk;
  config.output_rows = std::min(4, options_.chunk);
  return Engine::Create(llama_, config, {&allocator_, &log_});
}

StatusOr<std::vector<std::vector<float>>> ModelRun::Logits(const std::vector<int32_t>& tokens,
                                                           const std::vector<int64_t>& positions) {
  TALARIA_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                           MakeEngine(static_cast<int64_t>(tokens.size())));
  TALARIA_ASSIGN_OR_RETURN(const std::shared_ptr<Sequence> sequence, engine->Open({8, 4}));
  std::vector<uint8_t> wants(tokens.size(), 0);
  for (const int64_t position : positions) wants[static_cast<size_t>(position)] = 1;
  TALARIA_RETURN_IF_ERROR(engine->Append(*sequence, tokens, wants));
  std::vector<std::vector<float>> out;
  for (steps_ = 0; out.size() < positions.size(); ++steps_) {
    TALARIA_ASSIGN_OR_RETURN(
        const StepReport report,
        engine->Step(options_.budget_us == UINT64_MAX ? Deadline() : Deadline::After(options_.budget_us)));
    Event event;
    bool any = false;
    while (sequence->events().Pop(&event)) {
      any = true;
      if (event.position != positions[out.size()]) return Internal("logits of ", event.position);
      out.emplace_back(event.logits, event.logits + config().vocab_size);
    }
    if (report.idle && !any) return Internal("idle after ", out.size(), " of ", positions.size(), " logits");
  }
  engine->Close(sequence);
  return out;
}

StatusOr<std::vector<int32_t>> ModelRun::Greedy(const std::vector<int32_t>& tokens, int64_t count) {
  TALARIA_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                           MakeEngine(static_cast<int64_t>(tokens.size()) + count));
  TALARIA_ASSIGN_OR_RETURN(const std::shared_ptr<Sequence> sequence, engine->Open({8, 0}));
  TALARIA_RETURN_IF_ERROR(engine->Append(*sequence, tokens, std::vector<uint8_t>(tokens.size(), 0)));
  GenerateOptions generate;
  generate.max_tokens = count;
  TALARIA_RETURN_IF_ERROR(engine->Generate(*sequence, generate));
  std::vector<int32_t> out;
  for (steps_ = 0;; ++steps_) {
    TALARIA_RETURN_IF_ERROR(
        engine->Step(options_.budget_us == UINT64_MAX ? Deadline() : Deadline::After(options_.budget_us))
            .status());
    Event event;
    while (sequence->events().Pop(&event)) {
      if (event.kind == EventKind::kFinished) {
        engine->Close(sequence);
        return out;
      }
      out.push_back(event.token);
    }
  }
}

namespace {

// The generator of expected.json's prompt_rule: x0 = the first 4 bytes of sha256(tag) as little-endian | 1,
// then x = 1664525 x + 1013904223 mod 2^32, token = (x >> 8) mod vocabulary. Empty where that does not begin
// with *head*.
std::vector<int32_t> ContinueIds(const std::vector<int32_t>& head, int64_t count, int64_t vocabulary,
                                 uint32_t seed) {
  std::vector<int32_t> ids;
  uint32_t state = seed;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 1664525u + 1013904223u;
    ids.push_back(static_cast<int32_t>((state >> 8) % static_cast<uint32_t>(vocabulary)));
    if (static_cast<size_t>(i) < head.size() && ids.back() != head[static_cast<size_t>(i)]) return {};
  }
  return ids;
}

std::vector<int32_t> Integers(const json::Value& value) {
  std::vector<int32_t> out;
  for (const json::Value& item : *value.array()) out.push_back(static_cast<int32_t>(*item.AsInt64()));
  return out;
}

StatusOr<json::Value> Expected(const std::string& folder) {
  TALARIA_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(JoinPath(folder, "expected.json"), 1 << 24));
  return json::Parse(text);
}

// sha256(tag)[:4] as little-endian, of the four tags there are: by coreutils' sha256sum.
StatusOr<uint32_t> SeedOf(std::string_view tag) {
  static constexpr std::pair<std::string_view, uint32_t> kSeeds[] = {
      {"one", 0xADC39276u}, {"short", 0x8B07B0F9u}, {"mid", 0x7816AC90u}, {"long", 0x21F066FCu}};
  for (const auto& [name, seed] : kSeeds) {
    if (name == tag) return seed | 1u;
  }
  return NotFound("prompt tag ", tag);
}

}  // namespace

StatusOr<ExpectedPrompt> LoadExpected(const std::string& folder, std::string_view name, int64_t vocabulary) {
  TALARIA_ASSIGN_OR_RETURN(const json::Value all, Expected(folder));
  const json::Value* prompt = all.Find("prompts")->Find(name);
  if (prompt == nullptr) return NotFound(folder, ": prompt ", name);
  ExpectedPrompt out;
  const int64_t count = *prompt->Find("n")->AsInt64();
  if (const json::Value* ids = prompt->Find("ids")) {
    out.ids = Integers(*ids);
  } else {
    TALARIA_ASSIGN_OR_RETURN(const uint32_t seed, SeedOf(*prompt->Find("tag")->string()));
    out.ids = ContinueIds(Integers(*prompt->Find("ids_head")), count, vocabulary, seed);
  }
  if (static_cast<int64_t>(out.ids.size()) != count)
    return Internal(folder, ": ids of ", name, " cannot be made");
  for (const json::Member& position : *prompt->Find("positions")->object()) {
    const json::Array& tokens = *position.value.Find("idx")->array();
    const json::Array& logits = *position.value.Find("logit")->array();
    auto& top = out.top[std::stoll(position.key)];
    for (size_t i = 0; i < tokens.size(); ++i) {
      top.emplace_back(static_cast<int32_t>(*tokens[i].AsInt64()), static_cast<float>(*logits[i].AsDouble()));
    }
  }
  const std::string& encoded = *prompt->Find("final_full_f32_b64")->string();
  std::string bytes;
  if (!absl::Base64Unescape(encoded, &bytes)) return Internal(folder, ": final_full_f32_b64");
  out.final_logits.resize(bytes.size() / sizeof(float));
  std::memcpy(out.final_logits.data(), bytes.data(), out.final_logits.size() * sizeof(float));
  out.greedy = Integers(*prompt->Find("greedy_24"));
  for (const json::Value& margin : *prompt->Find("greedy_margin")->array())
    out.margins.push_back(*margin.AsDouble());
  return out;
}

StatusOr<std::vector<double>> LoadInverseFrequencies(const std::string& folder) {
  TALARIA_ASSIGN_OR_RETURN(const json::Value all, Expected(folder));
  std::vector<double> out;
  for (const json::Value& value : *all.Find("inv_freq")->array()) out.push_back(*value.AsDouble());
  return out;
}

double LargestMagnitude(const std::vector<float>& values) {
  double largest = 0;
  for (const float value : values) largest = std::max(largest, std::fabs(static_cast<double>(value)));
  return largest;
}

double LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = a.size() == b.size() ? 0 : HUGE_VAL;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double difference = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    largest = difference > largest || std::isnan(difference) ? difference : largest;
  }
  return largest;
}

}  // namespace talaria::test
