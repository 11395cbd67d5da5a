// ReadCheckpointTemplates: what a checkpoint folder says of its prompts.
#include <array>
#include <string>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/chat/checkpoint_templates.h"

namespace talaria::chat {
namespace {

// Real ones have some 100 KB (of added tokens) and 20 KB.
constexpr uint64_t kMaxConfigBytes = 64u << 20;
constexpr uint64_t kMaxTemplateBytes = 1u << 20;
constexpr size_t kMaxTemplates = 100;

constexpr std::array<std::string_view, 7> kTokenNames = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                         "pad_token", "cls_token", "mask_token"};
constexpr std::string_view kMoreTokens = "additional_special_tokens";

void SetTemplate(std::string_view name, std::string text, CheckpointTemplateSource* out) {
  for (auto& [known, held] : out->templates) {
    if (known == name) {
      held = std::move(text);
      return;
    }
  }
  out->templates.emplace_back(std::string(name), std::move(text));
}

// A token is a string or an object with its "content"; null where it is neither.
const std::string* TokenText(const json::Value& value) {
  if (value.is_string()) return value.string();
  const json::Value* content = value.Find("content");
  return content == nullptr ? nullptr : content->string();
}

bool IsThere(const json::Object& members, std::string_view key) {
  for (const json::Member& member : members) {
    if (member.key == key) return true;
  }
  return false;
}

// Takes those that are not there yet.
void TakeTokens(const json::Value& config, json::Object* out) {
  for (const std::string_view name : kTokenNames) {
    const json::Value* value = config.Find(name);
    const std::string* text = value == nullptr ? nullptr : TokenText(*value);
    if (text != nullptr && !IsThere(*out, name)) out->push_back({std::string(name), *text});
  }
  const json::Value* more = config.Find(kMoreTokens);
  if (more == nullptr || more->array() == nullptr || IsThere(*out, kMoreTokens)) return;
  json::Array texts;
  for (const json::Value& value : *more->array()) {
    if (const std::string* text = TokenText(value)) texts.push_back(*text);
  }
  out->push_back({std::string(kMoreTokens), std::move(texts)});
}

Status TakeTemplates(const json::Value& config, CheckpointTemplateSource* out) {
  const json::Value* value = config.Find("chat_template");
  if (value == nullptr || value->is_null()) return absl::OkStatus();
  if (const std::string* text = value->string()) {
    SetTemplate("default", *text, out);
    return absl::OkStatus();
  }
  const json::Array* items = value->array();
  if (items == nullptr) {
    return InvalidArgument("chat_template: expected a string or an array, found ", value->type_name());
  }
  if (items->size() > kMaxTemplates) return InvalidArgument("chat_template: ", items->size(), " templates");
  for (size_t i = 0; i < items->size(); ++i) {
    const json::Value* name = (*items)[i].Find("name");
    const json::Value* text = (*items)[i].Find("template");
    if (name == nullptr || text == nullptr || !name->is_string() || !text->is_string()) {
      return InvalidArgument("chat_template[", i,
                             "]: expected an object with strings \"name\" and \"template\"");
    }
    SetTemplate(*name->string(), *text->string(), out);
  }
  return absl::OkStatus();
}

// A JSON file that need not be there: null then.
StatusOr<json::Value> ReadOptionalJson(const std::string& path) {
  TALARIA_ASSIGN_OR_RETURN(const bool is_there, IsRegularFile(path));
  if (!is_there) return json::Value();
  TALARIA_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(path, kMaxConfigBytes));
  StatusOr<json::Value> value = json::Parse(text);
  if (!value.ok()) return Annotate(value.status(), path);
  return value;
}

Status ReadAdditional(const std::string& folder, CheckpointTemplateSource* out) {
  TALARIA_ASSIGN_OR_RETURN(const bool is_there, IsFolder(folder));
  if (!is_there) return absl::OkStatus();
  static constexpr std::string_view kSuffix = ".jinja";
  TALARIA_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder, kMaxTemplates));
  for (const std::string& name : names) {
    if (name.size() <= kSuffix.size() || name.substr(name.size() - kSuffix.size()) != kSuffix) continue;
    TALARIA_ASSIGN_OR_RETURN(std::string text, ReadWholeFile(JoinPath(folder, name), kMaxTemplateBytes));
    SetTemplate(name.substr(0, name.size() - kSuffix.size()), std::move(text), out);
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<CheckpointTemplateSource> ReadCheckpointTemplates(const std::string& folder) {
  CheckpointTemplateSource source;
  const std::string config_path = JoinPath(folder, "tokenizer_config.json");
  TALARIA_ASSIGN_OR_RETURN(const json::Value config, ReadOptionalJson(config_path));
  TALARIA_ASSIGN_OR_RETURN(const json::Value map,
                           ReadOptionalJson(JoinPath(folder, "special_tokens_map.json")));
  TakeTokens(config, &source.special_tokens);
  TakeTokens(map, &source.special_tokens);
  TALARIA_RETURN_IF_ERROR(Annotate(TakeTemplates(config, &source), config_path));
  const std::string main_path = JoinPath(folder, "chat_template.jinja");
  TALARIA_ASSIGN_OR_RETURN(const bool has_main, IsRegularFile(main_path));
  if (has_main) {
    TALARIA_ASSIGN_OR_RETURN(std::string text, ReadWholeFile(main_path, kMaxTemplateBytes));
    SetTemplate("default", std::move(text), &source);
  }
  TALARIA_RETURN_IF_ERROR(ReadAdditional(JoinPath(folder, "additional_chat_templates"), &source));
  if (source.templates.empty()) return NotFound(folder, ": no chat template in this folder");
  return source;
}

}  // namespace talaria::chat
