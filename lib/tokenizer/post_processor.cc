#include "lib/tokenizer/post_processor.h"

#include <string>

namespace talaria {
namespace {

Status Malformed(std::string_view what) { return InvalidArgument("post_processor: ", what); }

// Appends the ids that a TemplateProcessing lists for the special token *name*.
Status AppendIdsOf(const json::Value& processor, const std::string& name, std::vector<int32_t>* ids) {
  const json::Value* tokens = processor.Find("special_tokens");
  const json::Value* token = tokens == nullptr ? nullptr : tokens->Find(name);
  const json::Value* list = token == nullptr ? nullptr : token->Find("ids");
  if (list == nullptr || !list->is_array())
    return Malformed(Cat("no ids of the special token ", Quoted(name)));
  for (const json::Value& item : *list->array()) {
    const StatusOr<int64_t> id = item.AsInt64();
    if (!id.ok() || *id < 0 || *id > INT32_MAX)
      return Malformed(Cat("ids of ", Quoted(name), ": expected integers"));
    ids->push_back(static_cast<int32_t>(*id));
  }
  return absl::OkStatus();
}

Status AppendTemplateIds(const json::Value& processor, std::vector<int32_t>* ids) {
  const json::Value* single = processor.Find("single");
  if (single == nullptr || !single->is_array()) return Malformed("a TemplateProcessing without single");
  for (const json::Value& piece : *single->array()) {
    if (piece.Find("Sequence") != nullptr) return absl::OkStatus();
    const json::Value* special = piece.Find("SpecialToken");
    const json::Value* name = special == nullptr ? nullptr : special->Find("id");
    if (name == nullptr || !name->is_string())
      return Malformed("single holds neither a Sequence nor a SpecialToken");
    TALARIA_RETURN_IF_ERROR(AppendIdsOf(processor, *name->string(), ids));
  }
  return Malformed("single holds no Sequence");
}

Status AppendIds(const json::Value& processor, bool in_sequence, std::vector<int32_t>* ids) {
  const json::Value* type = processor.Find("type");
  if (type == nullptr || !type->is_string()) return Malformed("no type");
  const std::string& name = *type->string();
  if (name == "ByteLevel") return absl::OkStatus();
  if (name == "TemplateProcessing") return AppendTemplateIds(processor, ids);
  if (name != "Sequence" || in_sequence) return Unimplemented("post_processor: the type ", Quoted(name));
  const json::Value* members = processor.Find("processors");
  if (members == nullptr || !members->is_array()) return Malformed("a Sequence without processors");
  for (const json::Value& member : *members->array()) TALARIA_RETURN_IF_ERROR(AppendIds(member, true, ids));
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::vector<int32_t>> BosIdsFrom(const json::Value& post_processor) {
  std::vector<int32_t> ids;
  TALARIA_RETURN_IF_ERROR(AppendIds(post_processor, false, &ids));
  return ids;
}

}  // namespace talaria
