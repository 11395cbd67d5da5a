#include "talaria/tokenizer.h"

#include <memory>
#include <utility>
#include <vector>

#include "capi/error.h"
#include "capi/structs.h"
#include "capi/text_handles.h"
#include "lib/tokenizer/stream_decoder.h"

struct talaria_decoder {
  talaria_decoder(std::shared_ptr<const talaria::Tokenizer> tokenizer, bool skip_special)
      : decoder(std::move(tokenizer), skip_special) {}
  talaria::StreamDecoder decoder;
  std::string text;
  talaria::SingleEntry entry;
};

namespace talaria::capi {

std::string BosText(const Tokenizer& tokenizer) {
  constexpr std::string_view kLlama3Bos = "<|begin_of_text|>";
  std::string text;
  for (const int32_t id : tokenizer.bos_ids()) text.append(tokenizer.BytesOf(id));
  if (!tokenizer.bos_ids().empty()) return text;
  for (const AddedToken& token : tokenizer.added_tokens()) {
    if (token.content == kLlama3Bos) return token.content;
  }
  return text;
}

namespace {

constexpr uint64_t kMostAllowed = 1 << 16;

StatusOr<EncodeOptions> OptionsOf(const talaria_encode_options* given) {
  talaria_encode_options own = TALARIA_ENCODE_OPTIONS_INIT;
  TALARIA_RETURN_IF_ERROR(ReadStruct(given, "talaria_encode_options", &own));
  if (own.special < TALARIA_SPECIAL_AS_TEXT || own.special > TALARIA_SPECIAL_FORBIDDEN) {
    return InvalidArgument("special: expected 0 to 2, found ", own.special);
  }
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.add_bos, "add_bos"));
  if (own.reserved != 0) return InvalidArgument("talaria_encode_options.reserved: expected 0");
  if (own.allowed_count > kMostAllowed) {
    return InvalidArgument("allowed_count: expected at most ", kMostAllowed, ", found ", own.allowed_count);
  }
  std::vector<std::string> allowed;
  if (own.allowed_count > 0) {
    TALARIA_RETURN_IF_ERROR(NotNull(own.allowed, "allowed"));
    TALARIA_RETURN_IF_ERROR(NotNull(own.allowed_bytes, "allowed_bytes"));
  }
  for (uint64_t i = 0; i < own.allowed_count; ++i) {
    TALARIA_ASSIGN_OR_RETURN(std::string content,
                             TextArgument(own.allowed[i], own.allowed_bytes[i], "allowed"));
    allowed.push_back(std::move(content));
  }
  EncodeOptions options;
  options.add_bos = own.add_bos == 1;
  switch (own.special) {
    case TALARIA_SPECIAL_ALLOWED:
      options.special = SpecialPolicy::All();
      break;
    case TALARIA_SPECIAL_FORBIDDEN:
      options.special = SpecialPolicy::Forbid(std::move(allowed));
      break;
    default:
      options.special = SpecialPolicy::Only(std::move(allowed));
      break;
  }
  return options;
}

// Runs *body* on the decoder as the one thread inside it; its text then belongs to the caller until the next
// call.
template <typename Body>
int32_t EnterDecoder(talaria_decoder* decoder, const char** text, uint64_t* bytes, talaria_error** error,
                     Body body) noexcept {
  if (text != nullptr) *text = "";
  if (bytes != nullptr) *bytes = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(decoder, "decoder"));
    TALARIA_RETURN_IF_ERROR(NotNull(text, "text"));
    TALARIA_RETURN_IF_ERROR(NotNull(bytes, "bytes"));
    const SingleEntry::Scope scope(&decoder->entry);
    if (!scope.entered()) return FailedPrecondition("decoder: another thread is inside it");
    decoder->text.clear();
    TALARIA_RETURN_IF_ERROR(body(*decoder));
    *text = decoder->text.c_str();
    *bytes = decoder->text.size();
    return absl::OkStatus();
  });
}

}  // namespace
}  // namespace talaria::capi

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

int32_t TALARIA_CALL talaria_tokenizer_open(talaria_runtime* runtime, const char* path, uint64_t path_bytes,
                                            const char* special_path, uint64_t special_path_bytes,
                                            talaria_tokenizer** tokenizer,
                                            talaria_error** error) TALARIA_NOEXCEPT {
  if (tokenizer != nullptr) *tokenizer = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(runtime, "runtime"));
    TALARIA_RETURN_IF_ERROR(NotNull(tokenizer, "tokenizer"));
    TALARIA_ASSIGN_OR_RETURN(const std::string place, PathArgument(path, path_bytes));
    Tokenizer::Options options;
    options.log = runtime->object->log.get();
    std::shared_ptr<const Tokenizer> object;
    if (special_path == nullptr) {
      TALARIA_ASSIGN_OR_RETURN(object, Tokenizer::Open(place, options));
    } else {
      TALARIA_ASSIGN_OR_RETURN(const std::string map, PathArgument(special_path, special_path_bytes));
      TALARIA_ASSIGN_OR_RETURN(object, Tokenizer::OpenRankFile(place, map, options));
    }
    std::string bos = BosText(*object);
    *tokenizer = new talaria_tokenizer{std::move(object), std::move(bos)};
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_tokenizer_free(talaria_tokenizer* tokenizer) TALARIA_NOEXCEPT { delete tokenizer; }

int32_t TALARIA_CALL talaria_tokenizer_get_size(const talaria_tokenizer* tokenizer, int32_t* size,
                                                talaria_error** error) TALARIA_NOEXCEPT {
  if (size != nullptr) *size = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(tokenizer, "tokenizer"));
    TALARIA_RETURN_IF_ERROR(NotNull(size, "size"));
    *size = tokenizer->object->size();
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_tokenizer_get_bos(const talaria_tokenizer* tokenizer, const char** text,
                                               uint64_t* bytes, talaria_error** error) TALARIA_NOEXCEPT {
  if (text != nullptr) *text = "";
  if (bytes != nullptr) *bytes = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(tokenizer, "tokenizer"));
    TALARIA_RETURN_IF_ERROR(NotNull(text, "text"));
    *text = tokenizer->bos.c_str();
    if (bytes != nullptr) *bytes = tokenizer->bos.size();
    return absl::OkStatus();
  });
}

const int32_t* TALARIA_CALL talaria_ids_data(const talaria_ids* ids, uint64_t* count) TALARIA_NOEXCEPT {
  if (count != nullptr) *count = ids == nullptr ? 0 : ids->ids.size();
  return ids == nullptr ? nullptr : ids->ids.data();
}

void TALARIA_CALL talaria_ids_free(talaria_ids* ids) TALARIA_NOEXCEPT { delete ids; }

int32_t TALARIA_CALL talaria_tokenizer_encode(const talaria_tokenizer* tokenizer, const char* text,
                                              uint64_t text_bytes, const talaria_encode_options* options,
                                              talaria_ids** ids, talaria_error** error) TALARIA_NOEXCEPT {
  if (ids != nullptr) *ids = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(tokenizer, "tokenizer"));
    TALARIA_RETURN_IF_ERROR(NotNull(ids, "ids"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view input, TextView(text, text_bytes, "text"));
    TALARIA_ASSIGN_OR_RETURN(const EncodeOptions own, OptionsOf(options));
    auto made = std::make_unique<talaria_ids>();
    TALARIA_RETURN_IF_ERROR(tokenizer->object->Encode(input, own, &made->ids));
    *ids = made.release();
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_tokenizer_count(const talaria_tokenizer* tokenizer, const char* text,
                                             uint64_t text_bytes, const talaria_encode_options* options,
                                             uint64_t* count, talaria_error** error) TALARIA_NOEXCEPT {
  if (count != nullptr) *count = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(tokenizer, "tokenizer"));
    TALARIA_RETURN_IF_ERROR(NotNull(count, "count"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view input, TextView(text, text_bytes, "text"));
    TALARIA_ASSIGN_OR_RETURN(const EncodeOptions own, OptionsOf(options));
    TALARIA_ASSIGN_OR_RETURN(*count, tokenizer->object->Count(input, own));
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_tokenizer_decode(const talaria_tokenizer* tokenizer, const int32_t* ids,
                                              uint64_t count, int32_t skip_special, talaria_text** bytes,
                                              talaria_error** error) TALARIA_NOEXCEPT {
  if (bytes != nullptr) *bytes = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(tokenizer, "tokenizer"));
    TALARIA_RETURN_IF_ERROR(NotNull(bytes, "bytes"));
    if (count > 0) TALARIA_RETURN_IF_ERROR(NotNull(ids, "ids"));
    if (count > (uint64_t{1} << 31)) return ResourceExhausted("ids: ", count, " at once");
    if (skip_special != 0 && skip_special != 1) return InvalidArgument("skip_special: expected 0 or 1");
    auto made = std::make_unique<talaria_text>();
    TALARIA_ASSIGN_OR_RETURN(
        made->text, tokenizer->object->DecodeBytes(absl::MakeConstSpan(ids, count), skip_special == 1));
    *bytes = made.release();
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_decoder_create(const talaria_tokenizer* tokenizer, int32_t skip_special,
                                            talaria_decoder** decoder,
                                            talaria_error** error) TALARIA_NOEXCEPT {
  if (decoder != nullptr) *decoder = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(tokenizer, "tokenizer"));
    TALARIA_RETURN_IF_ERROR(NotNull(decoder, "decoder"));
    if (skip_special != 0 && skip_special != 1) return InvalidArgument("skip_special: expected 0 or 1");
    *decoder = new talaria_decoder(tokenizer->object, skip_special == 1);
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_decoder_free(talaria_decoder* decoder) TALARIA_NOEXCEPT { delete decoder; }

int32_t TALARIA_CALL talaria_decoder_push(talaria_decoder* decoder, int32_t id, const char** text,
                                          uint64_t* bytes, talaria_error** error) TALARIA_NOEXCEPT {
  return EnterDecoder(decoder, text, bytes, error,
                      [id](talaria_decoder& object) { return object.decoder.Push(id, &object.text); });
}

int32_t TALARIA_CALL talaria_decoder_flush(talaria_decoder* decoder, const char** text, uint64_t* bytes,
                                           talaria_error** error) TALARIA_NOEXCEPT {
  return EnterDecoder(decoder, text, bytes, error, [](talaria_decoder& object) {
    object.decoder.Flush(&object.text);
    return absl::OkStatus();
  });
}
