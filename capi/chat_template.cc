#include <memory>
#include <utility>

#include "capi/error.h"
#include "capi/structs.h"
#include "capi/text_handles.h"
#include "lib/base/json.h"
#include "lib/chat/checkpoint_templates.h"
#include "lib/chat/hermes_template.h"
#include "lib/chat/parse_messages.h"
#include "lib/chat/tool_prompt.h"
#include "talaria/chat.h"

namespace talaria::capi {

namespace {

StatusOr<json::Object> ObjectArgument(const char* text, uint64_t bytes, std::string_view name) {
  TALARIA_ASSIGN_OR_RETURN(const std::string_view view, TextView(text, bytes, name));
  if (text == nullptr) return json::Object();
  StatusOr<json::Value> value = json::Parse(view);
  if (!value.ok()) return Annotate(value.status(), name);
  if (!value->is_object())
    return InvalidArgument(name, ": expected a JSON object, found ", value->type_name());
  return std::move(*value->object());
}

}  // namespace

Status ReadRequest(const talaria_render_options* given, OwnedRequest* out) {
  talaria_render_options own = TALARIA_RENDER_OPTIONS_INIT;
  TALARIA_RETURN_IF_ERROR(ReadStruct(given, "talaria_render_options", &own));
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.add_generation_prompt, "add_generation_prompt"));
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.continue_final_message, "continue_final_message"));
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.plain, "plain"));
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.arguments_as_objects, "arguments_as_objects"));
  if ((own.set & ~TALARIA_SET_NOW) != 0) {
    return InvalidArgument("talaria_render_options.set: expected bits this library knows, found ", own.set);
  }
  if (own.reserved != 0) return InvalidArgument("talaria_render_options.reserved: expected 0");
  TALARIA_ASSIGN_OR_RETURN(out->name, TextArgument(own.name, own.name_bytes, "name"));
  TALARIA_ASSIGN_OR_RETURN(const std::string_view tools, TextView(own.tools, own.tools_bytes, "tools"));
  if (own.tools != nullptr) {
    StatusOr<std::optional<std::vector<chat::ToolDefinition>>> parsed = chat::ParseTools(tools);
    if (!parsed.ok()) return Annotate(parsed.status(), "tools");
    out->tools = *std::move(parsed);
  }
  chat::ChatRequest& request = out->request;
  TALARIA_ASSIGN_OR_RETURN(request.variables,
                           ObjectArgument(own.variables, own.variables_bytes, "variables"));
  request.add_generation_prompt = own.add_generation_prompt == 1;
  request.continue_final_message = own.continue_final_message == 1;
  request.marking = own.plain == 1 ? chat::Marking::kPlain : chat::Marking::kBySource;
  request.arguments_as_objects = own.arguments_as_objects == 1;
  if ((own.set & TALARIA_SET_NOW) != 0) {
    request.now = chat::jinja::LocalTime{own.year, own.month, own.day, own.hour, own.minute, own.second};
  }
  request.template_name = out->name;
  if (out->tools.has_value()) request.tools = &*out->tools;
  return absl::OkStatus();
}

namespace {

template <typename Template>
talaria_chat_template* HandleOf(Template object) {
  auto handle = std::make_unique<talaria_chat_template>();
  handle->object = std::make_shared<const Template>(std::move(object));
  handle->names = handle->object->names();
  return handle.release();
}

}  // namespace
}  // namespace talaria::capi

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

int32_t TALARIA_CALL talaria_chat_template_create_hermes(const char* bos, uint64_t bos_bytes,
                                                         talaria_chat_template** chat_template,
                                                         talaria_error** error) TALARIA_NOEXCEPT {
  if (chat_template != nullptr) *chat_template = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(chat_template, "chat_template"));
    TALARIA_ASSIGN_OR_RETURN(std::string first, TextArgument(bos, bos_bytes, "bos"));
    *chat_template = HandleOf(chat::HermesTemplate(std::move(first)));
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_chat_template_open(talaria_runtime* runtime, const char* path,
                                                uint64_t path_bytes, talaria_chat_template** chat_template,
                                                talaria_error** error) TALARIA_NOEXCEPT {
  if (chat_template != nullptr) *chat_template = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(runtime, "runtime"));
    TALARIA_RETURN_IF_ERROR(NotNull(chat_template, "chat_template"));
    TALARIA_ASSIGN_OR_RETURN(const std::string folder, PathArgument(path, path_bytes));
    TALARIA_ASSIGN_OR_RETURN(const chat::CheckpointTemplateSource source,
                             chat::ReadCheckpointTemplates(folder));
    TALARIA_ASSIGN_OR_RETURN(chat::CheckpointTemplates templates, chat::CheckpointTemplates::Create(source));
    *chat_template = HandleOf(std::move(templates));
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_chat_template_parse(const char* text, uint64_t text_bytes,
                                                 const char* special_tokens, uint64_t special_tokens_bytes,
                                                 talaria_chat_template** chat_template,
                                                 talaria_error** error) TALARIA_NOEXCEPT {
  if (chat_template != nullptr) *chat_template = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(chat_template, "chat_template"));
    TALARIA_RETURN_IF_ERROR(NotNull(text, "text"));
    chat::CheckpointTemplateSource source;
    TALARIA_ASSIGN_OR_RETURN(const std::string_view jinja, TextView(text, text_bytes, "text"));
    TALARIA_ASSIGN_OR_RETURN(source.special_tokens,
                             ObjectArgument(special_tokens, special_tokens_bytes, "special_tokens"));
    source.templates.emplace_back("default", std::string(jinja));
    TALARIA_ASSIGN_OR_RETURN(chat::CheckpointTemplates templates, chat::CheckpointTemplates::Create(source));
    *chat_template = HandleOf(std::move(templates));
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_chat_template_free(talaria_chat_template* chat_template) TALARIA_NOEXCEPT {
  delete chat_template;
}

int32_t TALARIA_CALL talaria_chat_template_get_name(const talaria_chat_template* chat_template,
                                                    uint64_t index, const char** name, uint64_t* bytes,
                                                    talaria_error** error) TALARIA_NOEXCEPT {
  if (name != nullptr) *name = nullptr;
  if (bytes != nullptr) *bytes = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(chat_template, "chat_template"));
    TALARIA_RETURN_IF_ERROR(NotNull(name, "name"));
    const std::vector<std::string>& names = chat_template->names;
    if (index >= names.size()) return NotFound("template ", index, ": there are ", names.size());
    *name = names[static_cast<size_t>(index)].c_str();
    if (bytes != nullptr) *bytes = names[static_cast<size_t>(index)].size();
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_chat_template_render(const talaria_chat_template* chat_template,
                                                  const talaria_messages* messages,
                                                  const talaria_render_options* options,
                                                  talaria_prompt** prompt,
                                                  talaria_error** error) TALARIA_NOEXCEPT {
  if (prompt != nullptr) *prompt = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(chat_template, "chat_template"));
    TALARIA_RETURN_IF_ERROR(NotNull(messages, "messages"));
    TALARIA_RETURN_IF_ERROR(NotNull(prompt, "prompt"));
    OwnedRequest own;
    TALARIA_RETURN_IF_ERROR(ReadRequest(options, &own));
    own.request.conversation = &messages->conversation;
    TALARIA_ASSIGN_OR_RETURN(MarkedText text, chat_template->object->Render(own.request));
    *prompt = PromptOf(std::move(text)).release();
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_chat_json_mode(const char* schema, uint64_t schema_bytes, talaria_text** content,
                                            talaria_error** error) TALARIA_NOEXCEPT {
  if (content != nullptr) *content = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(content, "content"));
    TALARIA_RETURN_IF_ERROR(NotNull(schema, "schema"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view text, TextView(schema, schema_bytes, "schema"));
    StatusOr<json::Value> value = json::Parse(text);
    if (!value.ok()) return Annotate(value.status(), "schema");
    if (!value->is_object() && !value->is_bool()) {
      return InvalidArgument("schema: expected a JSON object or a boolean, found ", value->type_name());
    }
    *content = new talaria_text{chat::JsonModePrompt(*value)};
    return absl::OkStatus();
  });
}
