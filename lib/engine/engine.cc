#include "lib/engine/engine.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/base/floating_point.h"

namespace talaria {
namespace {

Status CheckRange(std::string_view field, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return InvalidArgument(field, ": expected ", least, " to ", most, ", found ", value);
}

Status CheckConfig(const Llama& model, const EngineConfig& config) {
  constexpr int64_t kMostRows = 1 << 16;
  constexpr int64_t kMostPages = std::numeric_limits<int32_t>::max() - 1;
  TALARIA_RETURN_IF_ERROR(CheckRange("max_sessions", config.max_sessions, 1, kMostRows));
  TALARIA_RETURN_IF_ERROR(CheckRange("context", config.context, 1, model.config().max_position_embeddings));
  TALARIA_RETURN_IF_ERROR(CheckRange("page_size", config.page_size, 1, 1 << 16));
  TALARIA_RETURN_IF_ERROR(
      CheckRange("cache_positions", config.cache_positions, 1, kMostPages / 2 * config.page_size));
  TALARIA_RETURN_IF_ERROR(CheckRange("step_rows", config.step_rows, 1, kMostRows));
  return CheckRange("output_rows", config.output_rows, 1, config.step_rows);
}

int32_t PageCount(const EngineConfig& config) {
  // Page 0 is the sink.
  return static_cast<int32_t>((config.cache_positions + config.page_size - 1) / config.page_size + 1);
}

KvSpec SpecOf(const Llama& model, size_t stage, const EngineConfig& config) {
  KvSpec spec;
  spec.layers = static_cast<int64_t>(model.stages()[stage].layers.size());
  spec.kv_heads = model.config().num_kv_heads;
  spec.head_dim = model.config().head_dim;
  spec.page_size = config.page_size;
  spec.pages = PageCount(config);
  spec.dtype = config.cache_dtype;
  return spec;
}

ProgramKey KeyOf(size_t stage, const EngineConfig& config) {
  ProgramKey key;
  key.stage = static_cast<int32_t>(stage);
  key.rows = config.step_rows;
  key.output_rows = config.output_rows;
  key.context = config.context;
  return key;
}

StepLimits LimitsOf(const Llama& model, const EngineConfig& config) {
  StepLimits limits;
  limits.rows = config.step_rows;
  limits.output_rows = config.output_rows;
  limits.sequences = config.max_sessions;
  limits.pages = PageCount(config);
  limits.hidden_size = model.stages().size() > 1 ? model.config().hidden_size : 0;
  return limits;
}

}  // namespace

StatusOr<EngineMemory> Engine::Plan(const Llama& model, const EngineConfig& config) {
  TALARIA_RETURN_IF_ERROR(CheckConfig(model, config));
  EngineMemory memory;
  for (size_t i = 0; i < model.stages().size(); ++i) {
    Backend& backend = *model.stages()[i].backend;
    const KvSpec spec = SpecOf(model, i, config);
    TALARIA_RETURN_IF_ERROR(CheckKvSpec(spec, backend.info().page_multiple));
    TALARIA_ASSIGN_OR_RETURN(const std::unique_ptr<Program> program,
                             backend.Record(KeyOf(i, config), {}, model.Body(static_cast<int32_t>(i))));
    memory.cache += backend.KvBytes(spec);
    memory.scratch += program->arena_bytes();
  }
  return memory;
}

Engine::Engine(std::shared_ptr<const Llama> model, const EngineConfig& config, int32_t pages)
    : model_(std::move(model)), config_(config), pages_(pages), builder_(LimitsOf(*model_, config)) {
  sequences_.reserve(static_cast<size_t>(config.max_sessions));
}

StatusOr<std::unique_ptr<Engine>> Engine::Create(std::shared_ptr<const Llama> model,
                                                 const EngineConfig& config) {
  TALARIA_RETURN_IF_ERROR(CheckConfig(*model, config));
  std::unique_ptr<Engine> engine(new Engine(std::move(model), config, PageCount(config)));
  for (size_t i = 0; i < engine->model_->stages().size(); ++i) {
    Backend& backend = *engine->model_->stages()[i].backend;
    const ProgramBody body = engine->model_->Body(static_cast<int32_t>(i));
    const ProgramKey key = KeyOf(i, config);
    StageState stage;
    const KvSpec spec = SpecOf(*engine->model_, i, config);
    TALARIA_RETURN_IF_ERROR(CheckKvSpec(spec, backend.info().page_multiple));
    TALARIA_ASSIGN_OR_RETURN(stage.kv, backend.CreateKvPool(spec));
    TALARIA_ASSIGN_OR_RETURN(const std::unique_ptr<Program> sized, backend.Record(key, {}, body));
    TALARIA_ASSIGN_OR_RETURN(stage.arena, backend.CreateArena(sized->arena_bytes()));
    TALARIA_ASSIGN_OR_RETURN(stage.program, backend.Record(key, {stage.kv.get(), stage.arena.get()}, body));
    engine->stages_.push_back(std::move(stage));
  }
  return engine;
}

StatusOr<bool> Engine::RunStages(const Deadline& deadline) {
  for (; stage_ < stages_.size(); ++stage_) {
    TALARIA_ASSIGN_OR_RETURN(const RunState state,
                             stages_[stage_].program->Run(builder_.plan(), &cursor_, deadline));
    if (state == RunState::kSuspended) return false;
    cursor_ = StepCursor();
  }
  return true;
}

StatusOr<StepReport> Engine::Step(const Deadline& deadline) {
  const SingleEntry::Scope scope(&stepping_);
  if (!scope.entered()) return FailedPrecondition("step: another thread is stepping this engine");
  const ScopedFloatingPoint floating_point;
  StepReport report;
  do {
    {
      const std::lock_guard<std::mutex> hold(mutex_);
      if (!builder_.active()) {
        ForgetClosed();
        if (!builder_.Build(sequences_)) {
          report.idle = true;
          return report;
        }
        step_unwanted_.store(false);
        stage_ = 0;
        cursor_ = StepCursor();
      }
      running_ = true;
    }
    const StatusOr<bool> done = RunStages(Deadline(deadline, &step_unwanted_));
    const std::lock_guard<std::mutex> hold(mutex_);
    running_ = false;
    if (!done.ok() || step_unwanted_.load()) {
      builder_.Drop();
      if (!done.ok()) return done.status();
    } else if (*done) {
      report.rows += builder_.plan().rows();
      ++report.steps;
      builder_.Commit();
    } else {
      report.suspended = true;
      return report;
    }
  } while (!deadline.Expired());
  return report;
}

void Engine::ForgetClosed() {
  const auto forget = [](const std::shared_ptr<Sequence>& sequence) {
    if (sequence->closed()) sequence->ReleasePages();
    return sequence->closed();
  };
  sequences_.erase(std::remove_if(sequences_.begin(), sequences_.end(), forget), sequences_.end());
}

StatusOr<std::shared_ptr<Sequence>> Engine::Open(int32_t event_capacity, int32_t logits_capacity,
                                                 Allocator* allocator) {
  TALARIA_ASSIGN_OR_RETURN(
      std::unique_ptr<EventQueue> events,
      EventQueue::Create(event_capacity, logits_capacity, model_->config().vocab_size, allocator));
  // The host's allocator is called without the lock.
  TALARIA_ASSIGN_OR_RETURN(
      std::shared_ptr<Sequence> sequence,
      Sequence::Create(&pages_, config_.page_size, config_.context, std::move(events), allocator));
  const std::lock_guard<std::mutex> hold(mutex_);
  if (!builder_.active()) ForgetClosed();
  const auto open = std::count_if(sequences_.begin(), sequences_.end(),
                                  [](const std::shared_ptr<Sequence>& other) { return !other->closed(); });
  if (open >= config_.max_sessions) {
    return ResourceExhausted("a session: ", open, " are open, max_sessions is ", config_.max_sessions);
  }
  sequences_.push_back(sequence);
  return sequence;
}

void Engine::Close(const std::shared_ptr<Sequence>& sequence) {
  const std::lock_guard<std::mutex> hold(mutex_);
  sequence->Close();
  // A step that is under way still writes into its pages: it keeps the sequence until it is done, unless
  // nobody waits for it and no thread is inside.
  if (builder_.active()) NoteUnwanted();
  if (builder_.active() && step_unwanted_.load() && !running_) builder_.Drop();
  if (!builder_.active()) ForgetClosed();
}

void Engine::NoteUnwanted() {
  const std::vector<StepShare>& shares = builder_.shares();
  if (std::all_of(shares.begin(), shares.end(),
                  [](const StepShare& share) { return !share.sequence->wanted(); })) {
    step_unwanted_.store(true);
  }
}

Status Engine::Append(Sequence& sequence, absl::Span<const int32_t> tokens,
                      absl::Span<const uint8_t> wants_logits) {
  const int64_t vocabulary = model_->config().vocab_size;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] < 0 || tokens[i] >= vocabulary) {
      return InvalidArgument("token ", i, ": expected 0 to ", vocabulary - 1, ", found ", tokens[i]);
    }
  }
  const std::lock_guard<std::mutex> hold(mutex_);
  const int32_t asked = static_cast<int32_t>(std::count(wants_logits.begin(), wants_logits.end(), 1));
  if (asked > 0 && sequence.events().logits_capacity() == 0) {
    return FailedPrecondition("append: logits are asked for in a session whose logits_capacity is 0");
  }
  return sequence.Append(tokens, wants_logits);
}

Status Engine::Generate(Sequence& sequence, const GenerateOptions& options) {
  const std::lock_guard<std::mutex> hold(mutex_);
  return sequence.Generate(options);
}

void Engine::Cancel(Sequence& sequence) {
  const std::lock_guard<std::mutex> hold(mutex_);
  sequence.Cancel();
  if (builder_.active()) NoteUnwanted();
}

Engine::SequenceState Engine::StateOf(const Sequence& sequence) const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return {sequence.count(), sequence.cached(), sequence.generating()};
}

int64_t Engine::CopyTokens(const Sequence& sequence, int64_t first, int64_t capacity, int32_t* out) const {
  const std::lock_guard<std::mutex> hold(mutex_);
  const int64_t begin = std::clamp<int64_t>(first, 0, sequence.count());
  const int64_t count = std::min(capacity, sequence.count() - begin);
  std::copy_n(sequence.tokens().begin() + begin, count, out);
  return count;
}

int32_t Engine::free_pages() const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return pages_.free();
}

}  // namespace talaria
