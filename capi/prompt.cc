#include <memory>
#include <utility>

#include "capi/error.h"
#include "capi/text_handles.h"
#include "lib/base/utf8.h"
#include "talaria/chat.h"

namespace talaria::capi {
namespace {

// Grows by doubling, so that the next push_back cannot fail.
template <typename T>
void MakeRoomForOne(std::vector<T>* list) {
  if (list->size() == list->capacity()) list->reserve(2 * list->size() + 8);
}

}  // namespace

std::unique_ptr<talaria_prompt> PromptOf(MarkedText text) {
  auto made = std::make_unique<talaria_prompt>();
  made->text = std::move(text);
  made->spans.reserve(made->text.spans.size());
  for (const MarkedSpan& span : made->text.spans) made->spans.push_back(SpanOf(span));
  return made;
}

talaria_span SpanOf(const MarkedSpan& span) {
  int32_t mark = TALARIA_MARK_LITERAL;
  if (span.mark == TextMark::kControl) mark = TALARIA_MARK_CONTROL;
  if (span.mark == TextMark::kAssistant) mark = TALARIA_MARK_ASSISTANT;
  return {span.begin, span.end, mark, 0};
}

}  // namespace talaria::capi

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

int32_t TALARIA_CALL talaria_prompt_create(talaria_prompt** prompt, talaria_error** error) TALARIA_NOEXCEPT {
  if (prompt != nullptr) *prompt = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(prompt, "prompt"));
    *prompt = new talaria_prompt();
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_prompt_free(talaria_prompt* prompt) TALARIA_NOEXCEPT { delete prompt; }

int32_t TALARIA_CALL talaria_prompt_add(talaria_prompt* prompt, const char* text, uint64_t text_bytes,
                                        int32_t mark, talaria_error** error) TALARIA_NOEXCEPT {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(prompt, "prompt"));
    TALARIA_ASSIGN_OR_RETURN(const TextMark whose, MarkOf(mark));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view given, TextView(text, text_bytes, "text"));
    const std::string piece = SanitizeUtf8(given);
    if (piece.empty()) return absl::OkStatus();
    // Room for the runs first: of what follows only the text can still run out of memory, and then nothing
    // has changed.
    MakeRoomForOne(&prompt->text.spans);
    MakeRoomForOne(&prompt->spans);
    prompt->text.Append(piece, whose);
    const MarkedSpan& last = prompt->text.spans.back();
    if (prompt->spans.size() == prompt->text.spans.size()) {
      prompt->spans.back().end = last.end;
    } else {
      prompt->spans.push_back(SpanOf(last));
    }
    return absl::OkStatus();
  });
}

const char* TALARIA_CALL talaria_prompt_text(const talaria_prompt* prompt, uint64_t* bytes) TALARIA_NOEXCEPT {
  if (bytes != nullptr) *bytes = prompt == nullptr ? 0 : prompt->text.text.size();
  return prompt == nullptr ? "" : prompt->text.text.c_str();
}

const talaria_span* TALARIA_CALL talaria_prompt_spans(const talaria_prompt* prompt, uint64_t* count,
                                                      uint64_t* element_size) TALARIA_NOEXCEPT {
  if (count != nullptr) *count = prompt == nullptr ? 0 : prompt->spans.size();
  if (element_size != nullptr) *element_size = sizeof(talaria_span);
  return prompt == nullptr ? nullptr : prompt->spans.data();
}

int32_t TALARIA_CALL talaria_tokenizer_encode_prompt(const talaria_tokenizer* tokenizer,
                                                     const talaria_prompt* prompt, talaria_ids** ids,
                                                     talaria_error** error) TALARIA_NOEXCEPT {
  if (ids != nullptr) *ids = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(tokenizer, "tokenizer"));
    TALARIA_RETURN_IF_ERROR(NotNull(prompt, "prompt"));
    TALARIA_RETURN_IF_ERROR(NotNull(ids, "ids"));
    auto made = std::make_unique<talaria_ids>();
    TALARIA_RETURN_IF_ERROR(tokenizer->object->EncodeMarked(prompt->text, &made->ids));
    *ids = made.release();
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_tokenizer_count_prompt(const talaria_tokenizer* tokenizer,
                                                    const talaria_prompt* prompt, uint64_t* count,
                                                    talaria_error** error) TALARIA_NOEXCEPT {
  if (count != nullptr) *count = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(tokenizer, "tokenizer"));
    TALARIA_RETURN_IF_ERROR(NotNull(prompt, "prompt"));
    TALARIA_RETURN_IF_ERROR(NotNull(count, "count"));
    TALARIA_ASSIGN_OR_RETURN(*count, tokenizer->object->CountMarked(prompt->text));
    return absl::OkStatus();
  });
}
