#include "lib/tokenizer/added_tokens_json.h"

#include <charconv>

namespace talaria {
namespace {

StatusOr<int32_t> IdFrom(int64_t id, std::string_view name) {
  if (id >= 0 && id <= INT32_MAX) return static_cast<int32_t>(id);
  return InvalidArgument(name, ": id ", id, ", expected one from 0 to ", INT32_MAX);
}

// The token of one object; *name* for messages.
StatusOr<AddedToken> TokenFrom(const json::Value& object, int32_t id, const std::string& name) {
  if (!object.is_object()) return InvalidArgument(name, " is ", object.type_name(), ", expected an object");
  AddedToken token;
  token.id = id;
  const json::Value* content = object.Find("content");
  if (content == nullptr || !content->is_string())
    return InvalidArgument(name, " (id ", id, ") has no content");
  token.content = *content->string();
  const auto flag = [&](const char* member, bool absent, bool* out) -> Status {
    const json::Value* value = object.Find(member);
    if (value != nullptr && !value->is_bool()) {
      return InvalidArgument(name, " ", Quoted(token.content), ": ", member, " is ", value->type_name(),
                             ", expected a boolean");
    }
    *out = value == nullptr ? absent : *value->bool_value();
    return absl::OkStatus();
  };
  TALARIA_RETURN_IF_ERROR(flag("special", false, &token.special));
  TALARIA_RETURN_IF_ERROR(flag("single_word", false, &token.single_word));
  TALARIA_RETURN_IF_ERROR(flag("lstrip", false, &token.lstrip));
  TALARIA_RETURN_IF_ERROR(flag("rstrip", false, &token.rstrip));
  TALARIA_RETURN_IF_ERROR(flag("normalized", !token.special, &token.normalized));
  return token;
}

}  // namespace

StatusOr<std::vector<AddedToken>> AddedTokensFromList(const json::Value& list) {
  if (!list.is_array()) return InvalidArgument("added tokens: ", list.type_name(), ", expected an array");
  std::vector<AddedToken> tokens;
  for (const json::Value& entry : *list.array()) {
    const std::string name = Cat("added token ", tokens.size());
    const json::Value* value = entry.Find("id");
    if (value == nullptr) return InvalidArgument(name, " has no id");
    const StatusOr<int64_t> number = value->AsInt64();
    if (!number.ok()) return Annotate(number.status(), name + ": id");
    TALARIA_ASSIGN_OR_RETURN(const int32_t id, IdFrom(*number, name));
    TALARIA_ASSIGN_OR_RETURN(AddedToken token, TokenFrom(entry, id, name));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

StatusOr<std::vector<AddedToken>> AddedTokensFromDecoder(const json::Value& decoder) {
  if (!decoder.is_object()) {
    return InvalidArgument("added_tokens_decoder: ", decoder.type_name(), ", expected an object");
  }
  std::vector<AddedToken> tokens;
  for (const json::Member& member : *decoder.object()) {
    const std::string name = Cat("added_tokens_decoder: ", Quoted(member.key));
    int64_t number = -1;
    const char* const end = member.key.data() + member.key.size();
    const auto parsed = std::from_chars(member.key.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return InvalidArgument(name, ", expected an id");
    TALARIA_ASSIGN_OR_RETURN(const int32_t id, IdFrom(number, name));
    TALARIA_ASSIGN_OR_RETURN(AddedToken token, TokenFrom(member.value, id, name));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace talaria
