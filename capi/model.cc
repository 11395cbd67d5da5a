#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "capi/describe.h"
#include "capi/error.h"
#include "capi/handles.h"
#include "capi/structs.h"
#include "capi/text_handles.h"
#include "lib/chat/checkpoint_templates.h"
#include "lib/chat/hermes_template.h"

namespace talaria::capi {

StatusOr<std::shared_ptr<const sampling::TokenIndex>> Model::TokenTexts() const {
  const std::lock_guard<std::mutex> hold(texts_mutex_);
  if (texts_ != nullptr) return texts_;
  if (tokenizer == nullptr) return FailedPrecondition("the model has no tokenizer to read its tokens by");
  const auto bytes_of = [this](int32_t id) { return OrdinaryText(id); };
  TALARIA_ASSIGN_OR_RETURN(
      sampling::TokenIndex index,
      sampling::TokenIndex::Create(runtime->allocator.get(), llama->config().vocab_size, bytes_of));
  texts_ = std::make_shared<const sampling::TokenIndex>(std::move(index));
  return texts_;
}

StatusOr<std::shared_ptr<const grammar::TokenTable>> Model::GrammarTokens() const {
  const std::lock_guard<std::mutex> hold(texts_mutex_);
  if (grammar_tokens_ != nullptr) return grammar_tokens_;
  if (tokenizer == nullptr)
    return FailedPrecondition("grammar: the model has no tokenizer to read its tokens by");
  const auto vocabulary = static_cast<int32_t>(llama->config().vocab_size);
  std::vector<std::string_view> texts;
  texts.reserve(static_cast<size_t>(vocabulary));
  for (int32_t id = 0; id < vocabulary; ++id) texts.push_back(OrdinaryText(id));
  std::vector<int32_t> stops;
  std::copy_if(stop_tokens.begin(), stop_tokens.end(), std::back_inserter(stops),
               [vocabulary](int32_t token) { return token >= 0 && token < vocabulary; });
  TALARIA_ASSIGN_OR_RETURN(grammar_tokens_, grammar::TokenTable::Create(texts, stops));
  return grammar_tokens_;
}

std::optional<uint64_t> AvailableBytes(const Runtime& runtime) {
  const std::optional<uint64_t> available = platform::AvailableMemory();
  const uint64_t ceiling = runtime.allocator->ceiling_bytes();
  if (ceiling == 0) return available;
  const uint64_t left = ceiling - std::min(ceiling, runtime.allocator->used_bytes());
  return std::min(available.value_or(left), left);
}

namespace {

StatusOr<StageSpec> MakeStage(const Runtime& runtime, const talaria_model_config& config, int64_t layers) {
  TALARIA_ASSIGN_OR_RETURN(const std::string name,
                           TextArgument(config.backend, config.backend_bytes, "backend"));
  BackendOptions options;
  options.allocator = runtime.allocator.get();
  options.pool = runtime.pool.get();
  options.log = runtime.log.get();
  options.ranks = config.ranks == 0 ? 1 : config.ranks;
  options.check_recording = config.check_recording != 0;
  TALARIA_ASSIGN_OR_RETURN(std::unique_ptr<Backend> backend, runtime.backends.Create(name, options));
  return StageSpec{std::move(backend), layers};
}

StatusOr<LlamaOptions> OptionsOf(const talaria_model_config& config) {
  static constexpr WeightFormat kFormats[] = {WeightFormat::kSource, WeightFormat::kF32, WeightFormat::kBF16};
  if (config.weights < 0 || config.weights > TALARIA_WEIGHTS_BF16) {
    return InvalidArgument("weights: expected 0 to ", TALARIA_WEIGHTS_BF16, ", found ", config.weights);
  }
  if (config.ranks < 0) return InvalidArgument("ranks: expected 0 or more, found ", config.ranks);
  if (config.canonical_leaves < 0 || config.canonical_leaves > 64) {
    return InvalidArgument("canonical_leaves: expected 0 to 64, found ", config.canonical_leaves);
  }
  TALARIA_RETURN_IF_ERROR(CheckFlag(config.check_recording, "check_recording"));
  if (config.reserved != 0 || config.reserved2 != 0) {
    return InvalidArgument("talaria_model_config.reserved: expected 0");
  }
  if (config.text < TALARIA_TEXT_IF_PRESENT || config.text > TALARIA_TEXT_NONE) {
    return InvalidArgument("text: expected 0 or 1, found ", config.text);
  }
  LlamaOptions options;
  options.format = kFormats[config.weights];
  options.canonical_leaves = std::max(1, config.canonical_leaves);
  return options;
}

// A checkpoint and the model over it, not yet read.
struct Planned {
  Checkpoint checkpoint;
  StageSpec stage;
  LlamaOptions options;
  std::unique_ptr<Llama> described;
};

StatusOr<Planned> PlanModel(const Runtime& runtime, const std::string& path,
                            const talaria_model_config& config) {
  TALARIA_ASSIGN_OR_RETURN(const LlamaOptions options, OptionsOf(config));
  TALARIA_ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Open(path, *runtime.log));
  TALARIA_ASSIGN_OR_RETURN(const StageSpec stage, MakeStage(runtime, config, checkpoint.config().num_layers));
  StatusOr<std::unique_ptr<Llama>> described = Llama::Describe(checkpoint, {stage}, options);
  if (!described.ok()) return Annotate(described.status(), path);
  return Planned{std::move(checkpoint), stage, options, *std::move(described)};
}

StatusOr<talaria_memory_plan> MemoryOf(const Runtime& runtime, const Planned& planned,
                                       const talaria_engine_config* engine_config) {
  TALARIA_ASSIGN_OR_RETURN(const EngineConfig config,
                           EngineConfigOf(engine_config, planned.checkpoint.config()));
  TALARIA_ASSIGN_OR_RETURN(const EngineMemory memory, talaria::Engine::Plan(*planned.described, config));
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  plan.file_bytes = planned.checkpoint.weight_bytes();
  plan.weight_bytes = planned.described->weight_bytes();
  plan.cache_bytes = memory.cache;
  plan.scratch_bytes = memory.scratch;
  const auto vocabulary = static_cast<uint64_t>(planned.checkpoint.config().vocab_size);
  plan.session_bytes = static_cast<uint64_t>(config.context) * (sizeof(int32_t) + 1) +
                       kDefaultLogits * vocabulary * sizeof(float);
  plan.peak_bytes = plan.weight_bytes + plan.cache_bytes + plan.scratch_bytes +
                    static_cast<uint64_t>(config.max_sessions) * plan.session_bytes;
  plan.available_bytes = AvailableBytes(runtime).value_or(std::numeric_limits<uint64_t>::max());
  plan.parameter_count = planned.checkpoint.parameter_count();
  return plan;
}

// The tokenizer and the templates that the folder has. None: nothing.
Status OpenText(const std::string& path, int64_t vocabulary, Model* model) {
  Tokenizer::Options options;
  options.vocab_size = vocabulary;
  options.log = model->runtime->log.get();
  StatusOr<std::shared_ptr<const Tokenizer>> tokenizer = Tokenizer::Open(path, options);
  if (tokenizer.status().code() == StatusCode::kNotFound) return absl::OkStatus();
  TALARIA_RETURN_IF_ERROR(tokenizer.status());
  model->tokenizer = *std::move(tokenizer);
  const StatusOr<chat::CheckpointTemplateSource> source = chat::ReadCheckpointTemplates(path);
  if (source.status().code() == StatusCode::kNotFound) {
    model->chat_template = std::make_shared<chat::HermesTemplate>(BosText(*model->tokenizer));
    return absl::OkStatus();
  }
  TALARIA_RETURN_IF_ERROR(source.status());
  StatusOr<chat::CheckpointTemplates> templates = chat::CheckpointTemplates::Create(*source);
  if (!templates.ok()) return Annotate(templates.status(), path);
  model->chat_template = std::make_shared<chat::CheckpointTemplates>(*std::move(templates));
  return absl::OkStatus();
}

StatusOr<std::shared_ptr<Model>> OpenModel(const std::shared_ptr<Runtime>& runtime, const std::string& path,
                                           const talaria_model_config& config) {
  TALARIA_ASSIGN_OR_RETURN(Planned planned, PlanModel(*runtime, path, config));
  const uint64_t needed = planned.described->weight_bytes();
  const std::optional<uint64_t> available = AvailableBytes(*runtime);
  if (available.has_value() && needed > *available) {
    return ResourceExhausted(path, ": the weights need ", BytesText(needed), ", ", BytesText(*available),
                             " are available");
  }
  planned.described.reset();

  LoadProgress progress;
  if (config.progress != nullptr) {
    progress = [&config](uint64_t done, uint64_t total) {
      return config.progress(config.progress_user, done, total) == 0;
    };
  }
  auto model = std::make_shared<Model>();
  model->runtime = runtime;
  if (config.text != TALARIA_TEXT_NONE) {
    TALARIA_RETURN_IF_ERROR(OpenText(path, planned.checkpoint.config().vocab_size, model.get()));
  }
  TALARIA_ASSIGN_OR_RETURN(model->llama,
                           Llama::Load(planned.checkpoint, {planned.stage}, planned.options, progress));
  model->generation = planned.checkpoint.generation_config();
  model->stop_tokens = StopTokensOf(planned.checkpoint);
  model->parameter_count = planned.checkpoint.parameter_count();
  runtime->log->Log(LogLevel::kInfo, path, ": ", model->parameter_count, " parameters, ", BytesText(needed),
                    " of weights");
  return model;
}

}  // namespace
}  // namespace talaria::capi

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

int32_t TALARIA_CALL talaria_model_plan(talaria_runtime* runtime, const char* path, uint64_t path_bytes,
                                        const talaria_model_config* config,
                                        const talaria_engine_config* engine_config, talaria_memory_plan* plan,
                                        talaria_error** error) TALARIA_NOEXCEPT {
  ClearStruct(plan);
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(runtime, "runtime"));
    TALARIA_RETURN_IF_ERROR(CheckOutputStruct(plan, "talaria_memory_plan"));
    TALARIA_ASSIGN_OR_RETURN(const std::string place, PathArgument(path, path_bytes));
    talaria_model_config own = TALARIA_MODEL_CONFIG_INIT;
    TALARIA_RETURN_IF_ERROR(ReadStruct(config, "talaria_model_config", &own));
    TALARIA_ASSIGN_OR_RETURN(const Planned planned, PlanModel(*runtime->object, place, own));
    TALARIA_ASSIGN_OR_RETURN(const talaria_memory_plan made,
                             MemoryOf(*runtime->object, planned, engine_config));
    return WriteStruct(made, "talaria_memory_plan", plan);
  });
}

int32_t TALARIA_CALL talaria_model_describe(talaria_runtime* runtime, const char* path, uint64_t path_bytes,
                                            talaria_text** json, talaria_error** error) TALARIA_NOEXCEPT {
  if (json != nullptr) *json = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(runtime, "runtime"));
    TALARIA_RETURN_IF_ERROR(NotNull(json, "json"));
    TALARIA_ASSIGN_OR_RETURN(const std::string place, PathArgument(path, path_bytes));
    TALARIA_ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::Open(place, *runtime->object->log));
    *json = new talaria_text{json::Write(Describe(checkpoint))};
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_model_open(talaria_runtime* runtime, const char* path, uint64_t path_bytes,
                                        const talaria_model_config* config, talaria_model** model,
                                        talaria_error** error) TALARIA_NOEXCEPT {
  if (model != nullptr) *model = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(runtime, "runtime"));
    TALARIA_RETURN_IF_ERROR(NotNull(model, "model"));
    TALARIA_ASSIGN_OR_RETURN(const std::string place, PathArgument(path, path_bytes));
    talaria_model_config own = TALARIA_MODEL_CONFIG_INIT;
    TALARIA_RETURN_IF_ERROR(ReadStruct(config, "talaria_model_config", &own));
    TALARIA_ASSIGN_OR_RETURN(std::shared_ptr<Model> object, OpenModel(runtime->object, place, own));
    *model = new talaria_model{std::move(object)};
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_model_free(talaria_model* model) TALARIA_NOEXCEPT { delete model; }

int32_t TALARIA_CALL talaria_model_get_info(const talaria_model* model, talaria_model_info* info,
                                            talaria_error** error) TALARIA_NOEXCEPT {
  ClearStruct(info);
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(model, "model"));
    const Llama& llama = *model->object->llama;
    const ModelConfig& config = llama.config();
    talaria_model_info own = TALARIA_MODEL_INFO_INIT;
    own.vocabulary_size = static_cast<int32_t>(config.vocab_size);
    own.hidden_size = static_cast<int32_t>(config.hidden_size);
    own.layers = static_cast<int32_t>(config.num_layers);
    own.heads = static_cast<int32_t>(config.num_heads);
    own.kv_heads = static_cast<int32_t>(config.num_kv_heads);
    own.head_dim = static_cast<int32_t>(config.head_dim);
    own.intermediate_size = static_cast<int32_t>(config.intermediate_size);
    own.max_context = config.max_position_embeddings;
    own.parameter_count = model->object->parameter_count;
    own.weight_bytes = llama.weight_bytes();
    own.weight_bytes_per_token = llama.weight_bytes_per_token();
    return WriteStruct(own, "talaria_model_info", info);
  });
}

int32_t TALARIA_CALL talaria_model_get_stop_tokens(const talaria_model* model, const int32_t** tokens,
                                                   uint64_t* count, talaria_error** error) TALARIA_NOEXCEPT {
  if (tokens != nullptr) *tokens = nullptr;
  if (count != nullptr) *count = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(model, "model"));
    TALARIA_RETURN_IF_ERROR(NotNull(tokens, "tokens"));
    TALARIA_RETURN_IF_ERROR(NotNull(count, "count"));
    *tokens = model->object->stop_tokens.data();
    *count = model->object->stop_tokens.size();
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_model_get_tokenizer(const talaria_model* model, talaria_tokenizer** tokenizer,
                                                 talaria_error** error) TALARIA_NOEXCEPT {
  if (tokenizer != nullptr) *tokenizer = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(model, "model"));
    TALARIA_RETURN_IF_ERROR(NotNull(tokenizer, "tokenizer"));
    const std::shared_ptr<const Tokenizer>& object = model->object->tokenizer;
    if (object == nullptr) return NotFound("the model has no tokenizer");
    *tokenizer = new talaria_tokenizer{object, BosText(*object)};
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_model_get_chat_template(const talaria_model* model,
                                                     talaria_chat_template** chat_template,
                                                     talaria_error** error) TALARIA_NOEXCEPT {
  if (chat_template != nullptr) *chat_template = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(model, "model"));
    TALARIA_RETURN_IF_ERROR(NotNull(chat_template, "chat_template"));
    const std::shared_ptr<const chat::ChatTemplate>& object = model->object->chat_template;
    if (object == nullptr) return NotFound("the model has no tokenizer, and so no chat template");
    *chat_template = new talaria_chat_template{object, object->names()};
    return absl::OkStatus();
  });
}
