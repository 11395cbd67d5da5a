#include "lib/checkpoint/token_ids.h"

#include <algorithm>

namespace talaria {
namespace {

// Far above the 4 or 5 that models have; keeps the search for duplicates short.
constexpr size_t kMaxListed = 1024;

StatusOr<int32_t> IdOf(const json::Value& value, std::string_view name, int64_t vocab_size) {
  const StatusOr<int64_t> id = value.AsInt64();
  if (!id.ok() || *id < 0 || *id >= vocab_size) {
    return InvalidArgument(name, ": expected a token id from 0 to ", vocab_size - 1, " (vocab_size is ",
                           vocab_size, "), found ", Shown(value));
  }
  return static_cast<int32_t>(*id);
}

}  // namespace

StatusOr<std::optional<int32_t>> ReadTokenId(const JsonFields& fields, std::string_view key,
                                             int64_t vocab_size) {
  const json::Value* value = fields.Find(key);
  if (value == nullptr) return std::optional<int32_t>();
  TALARIA_ASSIGN_OR_RETURN(const int32_t id, IdOf(*value, fields.NameOfField(key), vocab_size));
  return std::optional<int32_t>(id);
}

StatusOr<std::vector<int32_t>> ReadTokenIds(const JsonFields& fields, std::string_view key,
                                            int64_t vocab_size) {
  std::vector<int32_t> ids;
  const json::Value* value = fields.Find(key);
  if (value == nullptr) return ids;
  const std::string name = fields.NameOfField(key);
  if (!value->is_array()) {
    TALARIA_ASSIGN_OR_RETURN(const int32_t id, IdOf(*value, name, vocab_size));
    ids.push_back(id);
    return ids;
  }
  if (value->array()->size() > kMaxListed) {
    return InvalidArgument(name, ": expected at most ", kMaxListed, " token ids, found ",
                           value->array()->size());
  }
  for (const json::Value& item : *value->array()) {
    TALARIA_ASSIGN_OR_RETURN(const int32_t id, IdOf(item, name, vocab_size));
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

}  // namespace talaria
