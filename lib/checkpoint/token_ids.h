#ifndef TALARIA_LIB_CHECKPOINT_TOKEN_IDS_H_
#define TALARIA_LIB_CHECKPOINT_TOKEN_IDS_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/checkpoint/json_fields.h"

namespace talaria {

// A token id of a vocabulary of *vocab_size*, or nothing where the member is absent or null. INVALID_ARGUMENT
// where it is no integer or not in the vocabulary.
StatusOr<std::optional<int32_t>> ReadTokenId(const JsonFields& fields, std::string_view key,
                                             int64_t vocab_size);

// One token id or a list of them (both are in use for eos_token_id), in order, each once; empty where the
// member is absent or null.
StatusOr<std::vector<int32_t>> ReadTokenIds(const JsonFields& fields, std::string_view key,
                                            int64_t vocab_size);

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_TOKEN_IDS_H_
