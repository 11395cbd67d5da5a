#ifndef TALARIA_LIB_TOKENIZER_POST_PROCESSOR_H_
#define TALARIA_LIB_TOKENIZER_POST_PROCESSOR_H_

#include <cstdint>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/status.h"

namespace talaria {

// The ids that a tokenizer.json's "post_processor" puts before a single text: those before the Sequence of a
// TemplateProcessing's "single". None for a ByteLevel; for a Sequence, those of its members. UNIMPLEMENTED,
// naming it, for another type; INVALID_ARGUMENT for one that is not well formed.
StatusOr<std::vector<int32_t>> BosIdsFrom(const json::Value& post_processor);

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_POST_PROCESSOR_H_
