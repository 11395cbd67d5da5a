#include "lib/engine/engine.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/base/caught_exception.h"
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
  TALARIA_RETURN_IF_ERROR(CheckRange("step_target_us", config.step_target_us, 1, int64_t{3600} * 1000000));
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

// No more sequences than are open choose in a step.
int32_t ChoiceRows(const EngineConfig& config) { return std::min(config.output_rows, config.max_sessions); }

StepLimits LimitsOf(const Llama& model, const EngineConfig& config) {
  StepLimits limits;
  limits.rows = config.step_rows;
  limits.output_rows = config.output_rows;
  limits.sequences = config.max_sessions;
  limits.pages = PageCount(config);
  limits.choices = ChoiceRows(config);
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
  memory.scratch += TokenChooser::BytesFor(ChoiceRows(config), model.config().vocab_size, config.context);
  return memory;
}

Engine::Engine(std::shared_ptr<const Llama> model, const EngineConfig& config, const EngineHost& host,
               TokenChooser chooser, int32_t pages)
    : model_(std::move(model)),
      config_(config),
      host_(host),
      chooser_(std::move(chooser)),
      pages_(pages),
      builder_(LimitsOf(*model_, config), &chooser_) {
  sequences_.reserve(static_cast<size_t>(config.max_sessions));
}

Engine::~Engine() = default;

StatusOr<std::unique_ptr<Engine>> Engine::Create(std::shared_ptr<const Llama> model,
                                                 const EngineConfig& config, const EngineHost& host) {
  TALARIA_RETURN_IF_ERROR(CheckConfig(*model, config));
  TALARIA_ASSIGN_OR_RETURN(
      TokenChooser chooser,
      TokenChooser::Create(host.allocator, ChoiceRows(config), model->config().vocab_size, config.context));
  std::unique_ptr<Engine> engine(
      new Engine(std::move(model), config, host, std::move(chooser), PageCount(config)));
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
  if (config.own_thread) {
    TALARIA_ASSIGN_OR_RETURN(engine->thread_, EngineThread::Start(engine.get()));
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

bool Engine::ChooseTokens(const Deadline& deadline) {
  while (true) {
    {
      const std::lock_guard<std::mutex> hold(mutex_);
      if (!builder_.ChooseNext()) return true;
    }
    if (deadline.Expired()) return false;
  }
}

int64_t Engine::PromptRows(const Deadline& deadline) const {
  const int64_t decoding = StepBuilder::DecodingCount(sequences_);
  if (decoding == 0) return config_.step_rows;
  // Who waits for a token waits for the whole step: as long as the target, as the call that steps has time,
  // or twice what the step would take without the prompt, whichever is longest.
  const int64_t budget = config_.own_thread ? 0 : deadline.RemainingNanoseconds();
  const int64_t target = std::max({config_.step_target_us * 1000, budget, 2 * cost_.Expected(decoding)});
  constexpr int64_t kLeast = 1;
  return std::max(kLeast, cost_.RowsWithin(target, kLeast, config_.step_rows) - decoding);
}

bool Engine::Begin(const Deadline& deadline) {
  const std::lock_guard<std::mutex> hold(mutex_);
  if (!builder_.active()) {
    ForgetClosed();
    for (const std::shared_ptr<Sequence>& sequence : sequences_) sequence->TrimPages();
    const bool planned = builder_.Build(sequences_, PromptRows(deadline));
    step_unwanted_.store(false);
    stage_ = 0;
    cursor_ = StepCursor();
    computed_ = false;
    work_ns_ = 0;
    if (builder_.ended()) signal_.Raise();
    if (!planned) return false;
  }
  running_ = true;
  return true;
}

StatusOr<StepReport> Engine::Step(const Deadline& deadline) {
  if (config_.own_thread) {
    return FailedPrecondition("step: the engine has a thread of its own (own_thread)");
  }
  return StepOn(deadline);
}

StatusOr<StepReport> Engine::StepOn(const Deadline& deadline) {
  const SingleEntry::Scope scope(&stepping_);
  if (!scope.entered()) return FailedPrecondition("step: another thread is stepping this engine");
  const ScopedFloatingPoint floating_point;
  StepReport report;
  do {
    if (!Begin(deadline)) {
      report.idle = true;
      return report;
    }
    const int64_t begin = platform::MonotonicNanoseconds();
    const Deadline until(deadline, &step_unwanted_);
    const StatusOr<bool> done = Catching([&]() -> StatusOr<bool> {
      if (!computed_) {
        TALARIA_ASSIGN_OR_RETURN(computed_, RunStages(until));
      }
      return computed_ && ChooseTokens(until);
    });
    work_ns_ += platform::MonotonicNanoseconds() - begin;
    const std::lock_guard<std::mutex> hold(mutex_);
    running_ = false;
    if (!done.ok()) {
      if (config_.own_thread) FailShares(done.status());
      builder_.Drop();
      return done.status();
    }
    if (step_unwanted_.load()) {
      builder_.Drop();
    } else if (*done) {
      report.rows += builder_.plan().rows();
      ++report.steps;
      cost_.Note(builder_.plan().rows(), work_ns_);
      builder_.Commit(work_ns_);
      signal_.Raise();
    } else {
      report.suspended = true;
      return report;
    }
  } while (!deadline.Expired());
  return report;
}

void Engine::FailShares(const Status& why) {
  for (const StepShare& share : builder_.shares()) {
    if (share.sequence->wanted()) share.sequence->Fail(FinishReason::kFailed, why);
  }
  signal_.Raise();
}

bool Engine::Run(const std::atomic<bool>* closing) {
  // Long enough that nothing is lost between two calls, short enough that a closing engine ends soon.
  constexpr uint64_t kSliceUs = 20000;
  // Nothing must be thrown into a thread of ours: it would end the process.
  const StatusOr<bool> goes_on = Catching([&]() -> StatusOr<bool> {
    const StatusOr<StepReport> report = StepOn(Deadline::After(kSliceUs, closing));
    if (report.ok()) return !report->idle;
    if (host_.log != nullptr) host_.log->Log(LogLevel::kError, "a step failed: ", Message(report.status()));
    return true;
  });
  return !goes_on.ok() || *goes_on;
}

void Engine::ForgetClosed() {
  const auto forget = [](const std::shared_ptr<Sequence>& sequence) {
    if (sequence->closed()) sequence->ReleasePages();
    return sequence->closed();
  };
  sequences_.erase(std::remove_if(sequences_.begin(), sequences_.end(), forget), sequences_.end());
}

StatusOr<std::shared_ptr<Sequence>> Engine::Open(const SequenceConfig& config) {
  TALARIA_ASSIGN_OR_RETURN(
      std::unique_ptr<EventQueue> events,
      EventQueue::Create({config.events, config.logits_rows, config.top, model_->config().vocab_size},
                         host_.allocator));
  // The host's allocator is called without the lock.
  TALARIA_ASSIGN_OR_RETURN(std::shared_ptr<Sequence> sequence,
                           Sequence::Create(&pages_, config_.page_size, config_.context, std::move(events),
                                            config.owner, host_.allocator));
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
  GiveWork();
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

Status Engine::CheckTokens(const Sequence& sequence, absl::Span<const int32_t> tokens,
                           absl::Span<const uint8_t> wants_logits) const {
  const int64_t vocabulary = model_->config().vocab_size;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] < 0 || tokens[i] >= vocabulary) {
      return InvalidArgument("token ", i, ": expected 0 to ", vocabulary - 1, ", found ", tokens[i]);
    }
  }
  const bool asked = std::find(wants_logits.begin(), wants_logits.end(), 1) != wants_logits.end();
  if (asked && sequence.events().logits_capacity() == 0) {
    return FailedPrecondition("append: logits are asked for in a session whose logits_capacity is 0");
  }
  return absl::OkStatus();
}

Status Engine::Append(Sequence& sequence, absl::Span<const int32_t> tokens,
                      absl::Span<const uint8_t> wants_logits) {
  TALARIA_RETURN_IF_ERROR(CheckTokens(sequence, tokens, wants_logits));
  const std::lock_guard<std::mutex> hold(mutex_);
  Status added = sequence.Append(tokens, wants_logits);
  if (added.ok()) GiveWork();
  return added;
}

Status Engine::Replace(Sequence& sequence, absl::Span<const int32_t> tokens,
                       absl::Span<const uint8_t> wants_logits) {
  TALARIA_RETURN_IF_ERROR(CheckTokens(sequence, tokens, wants_logits));
  const std::lock_guard<std::mutex> hold(mutex_);
  Status replaced = sequence.Replace(tokens, wants_logits);
  if (replaced.ok()) GiveWork();
  return replaced;
}

Status Engine::Rewind(Sequence& sequence, int64_t count) {
  const std::lock_guard<std::mutex> hold(mutex_);
  return sequence.Rewind(count);
}

Status Engine::Generate(Sequence& sequence, GenerateOptions options) {
  const std::lock_guard<std::mutex> hold(mutex_);
  // What must come first is found before anything has begun, so that a failure leaves nothing begun.
  if (options.guide != nullptr && !options.log_probabilities && !sequence.generating()) {
    TALARIA_RETURN_IF_ERROR(options.guide->Forced().status());
  }
  Status begun = sequence.Generate(std::move(options));
  if (begun.ok()) {
    sequence.DeliverForced();
    signal_.Raise();
    GiveWork();
  }
  return begun;
}

void Engine::Cancel(Sequence& sequence) {
  const std::lock_guard<std::mutex> hold(mutex_);
  sequence.Cancel();
  if (builder_.active()) NoteUnwanted();
  signal_.Raise();
}

bool Engine::NextEvent(Sequence& sequence, const Deadline& deadline, Event* event) {
  // The session may have been paused for want of a row of logits, or by its full queue.
  if (sequence.events().GiveBack()) GiveWork();
  const bool taken =
      config_.own_thread ? sequence.events().WaitAndPop(deadline, event) : sequence.events().Pop(event);
  if (taken) GiveWork();
  return taken;
}

std::shared_ptr<Sequence> Engine::WaitAny(const Deadline& deadline) {
  while (true) {
    const uint64_t seen = signal_.raised();
    {
      const std::lock_guard<std::mutex> hold(mutex_);
      for (size_t i = 0; i < sequences_.size(); ++i) {
        const size_t at = (served_ + 1 + i) % sequences_.size();
        if (sequences_[at]->closed() || sequences_[at]->events().size() == 0) continue;
        served_ = at;
        return sequences_[at];
      }
    }
    if (!config_.own_thread || !signal_.WaitBeyond(seen, deadline)) return nullptr;
  }
}

Engine::SequenceState Engine::StateOf(const Sequence& sequence) const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return {sequence.count(), sequence.cached(), sequence.generating(), sequence.usage(), sequence.failure()};
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
