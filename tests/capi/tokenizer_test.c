/* talaria_tokenizer and talaria_decoder: text to ids and back, and what becomes of special tokens. */
#include "tests/capi/text_world.h"

static int32_t encode(const talaria_tokenizer* tokenizer, const char* text,
                      const talaria_encode_options* options, int32_t* out, uint64_t capacity,
                      uint64_t* count) {
  talaria_ids* ids = NULL;
  const int32_t status = talaria_tokenizer_encode(tokenizer, text, strlen(text), options, &ids, NULL);
  const int32_t* data = talaria_ids_data(ids, count);
  if (*count > 0 && *count <= capacity) memcpy(out, data, (size_t)*count * sizeof(int32_t));
  talaria_ids_free(ids);
  return status;
}

static void text_becomes_ids_and_the_same_text_again(void) {
  text_world all = text_world_open();
  const char* text = "He carried no letter that day, only a question. \xe2\x82\xac \xf0\x9f\x90\xa2";
  talaria_ids* ids = NULL;
  CHECK_OK(talaria_tokenizer_encode(all.tokenizer, text, strlen(text), NULL, &ids, &error));
  uint64_t count = 0;
  const int32_t* data = talaria_ids_data(ids, &count);
  REQUIRE(data != NULL);
  CHECK(count > 10);
  uint64_t counted = 0;
  CHECK_OK(talaria_tokenizer_count(all.tokenizer, text, strlen(text), NULL, &counted, &error));
  CHECK_EQ(counted, count);

  talaria_text* bytes = NULL;
  CHECK_OK(talaria_tokenizer_decode(all.tokenizer, data, count, 0, &bytes, &error));
  uint64_t length = 0;
  CHECK(strcmp(talaria_text_data(bytes, &length), text) == 0);
  CHECK_EQ(length, strlen(text));
  talaria_text_free(bytes);
  talaria_ids_free(ids);

  int32_t size = 0;
  CHECK_OK(talaria_tokenizer_get_size(all.tokenizer, &size, &error));
  CHECK_EQ(size, 684);
  text_world_free(&all);
}

static void the_begin_of_a_text_is_told(void) {
  text_world all = text_world_open();
  const char* bos = NULL;
  uint64_t bytes = 7;
  CHECK_OK(talaria_tokenizer_get_bos(all.tokenizer, &bos, &bytes, &error));
  REQUIRE(bos != NULL);
  CHECK_EQ(strlen(bos), bytes);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "text",
              talaria_tokenizer_get_bos(all.tokenizer, NULL, &bytes, &error));
  text_world_free(&all);
}

static void special_tokens_in_a_text_follow_the_options(void) {
  text_world all = text_world_open();
  const char* text = "<|end|>";
  int32_t ids[32];
  uint64_t count = 0;
  talaria_encode_options options = TALARIA_ENCODE_OPTIONS_INIT;
  CHECK_EQ(encode(all.tokenizer, text, &options, ids, 32, &count), TALARIA_OK);
  CHECK(count > 1);
  for (uint64_t i = 0; i < count; ++i) CHECK(ids[i] != GOLDEN_END);

  options.special = TALARIA_SPECIAL_ALLOWED;
  CHECK_EQ(encode(all.tokenizer, text, &options, ids, 32, &count), TALARIA_OK);
  CHECK_EQ(count, 1);
  CHECK_EQ(ids[0], GOLDEN_END);

  options.special = TALARIA_SPECIAL_FORBIDDEN;
  talaria_ids* none = (talaria_ids*)&all;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "<|end|>",
              talaria_tokenizer_encode(all.tokenizer, text, strlen(text), &options, &none, &error));
  CHECK(none == NULL);

  /* A subset by name: the others are text, or forbidden. */
  const char* allowed[] = {"<|end|>"};
  const uint64_t allowed_bytes[] = {7};
  options.allowed = allowed;
  options.allowed_bytes = allowed_bytes;
  options.allowed_count = 1;
  CHECK_EQ(encode(all.tokenizer, "<|end|>", &options, ids, 32, &count), TALARIA_OK);
  CHECK_EQ(count, 1);
  CHECK_EQ(encode(all.tokenizer, "<|start|>", &options, ids, 32, &count), TALARIA_INVALID_ARGUMENT);
  options.special = TALARIA_SPECIAL_AS_TEXT;
  CHECK_EQ(encode(all.tokenizer, "<|start|>", &options, ids, 32, &count), TALARIA_OK);
  CHECK(count > 1);

  /* Added tokens that are not special match under each. */
  CHECK_EQ(encode(all.tokenizer, "<call>", NULL, ids, 32, &count), TALARIA_OK);
  CHECK_EQ(count, 1);
  CHECK_EQ(ids[0], GOLDEN_CALL);
  text_world_free(&all);
}

static void a_decoder_never_gives_half_a_character(void) {
  text_world all = text_world_open();
  const char* text = "\xf0\x9f\x90\xa2";
  talaria_ids* ids = NULL;
  CHECK_OK(talaria_tokenizer_encode(all.tokenizer, text, 4, NULL, &ids, &error));
  uint64_t count = 0;
  const int32_t* data = talaria_ids_data(ids, &count);
  REQUIRE(count > 1);
  talaria_decoder* decoder = NULL;
  CHECK_OK(talaria_decoder_create(all.tokenizer, 0, &decoder, &error));
  /* A child keeps its parents alive. */
  talaria_tokenizer_free(all.tokenizer);
  all.tokenizer = NULL;
  const char* piece = NULL;
  uint64_t bytes = 0;
  for (uint64_t i = 0; i + 1 < count; ++i) {
    CHECK_OK(talaria_decoder_push(decoder, data[i], &piece, &bytes, &error));
    CHECK_EQ(bytes, 0);
  }
  CHECK_OK(talaria_decoder_push(decoder, data[count - 1], &piece, &bytes, &error));
  CHECK_EQ(bytes, 4);
  CHECK(memcmp(piece, text, 4) == 0);

  CHECK_OK(talaria_decoder_push(decoder, data[0], &piece, &bytes, &error));
  CHECK_OK(talaria_decoder_flush(decoder, &piece, &bytes, &error));
  CHECK_EQ(bytes, 3);
  CHECK(memcmp(piece, "\xef\xbf\xbd", 3) == 0);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "99999",
              talaria_decoder_push(decoder, 99999, &piece, &bytes, &error));
  CHECK_EQ(bytes, 0);
  talaria_decoder_free(decoder);
  talaria_ids_free(ids);
  text_world_free(&all);
}

static void wrong_arguments_are_named(void) {
  text_world all = text_world_open();
  talaria_ids* ids = NULL;
  talaria_tokenizer* tokenizer = NULL;
  talaria_text* bytes = NULL;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "tokenizer",
              talaria_tokenizer_encode(NULL, "a", 1, NULL, &ids, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "ids",
              talaria_tokenizer_encode(all.tokenizer, "a", 1, NULL, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "text",
              talaria_tokenizer_encode(all.tokenizer, NULL, 1, NULL, &ids, &error));
  CHECK_OK(talaria_tokenizer_encode(all.tokenizer, NULL, 0, NULL, &ids, &error));
  talaria_ids_free(ids);
  ids = NULL;
  talaria_encode_options options = TALARIA_ENCODE_OPTIONS_INIT;
  options.special = 3;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "special",
              talaria_tokenizer_encode(all.tokenizer, "a", 1, &options, &ids, &error));
  options.special = 0;
  options.allowed_count = 1;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "allowed",
              talaria_tokenizer_encode(all.tokenizer, "a", 1, &options, &ids, &error));
  const int32_t wrong[] = {1, -1};
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "-1",
              talaria_tokenizer_decode(all.tokenizer, wrong, 2, 0, &bytes, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "skip_special",
              talaria_tokenizer_decode(all.tokenizer, wrong, 1, 2, &bytes, &error));
  CHECK_FAILS(TALARIA_NOT_FOUND, "nowhere",
              talaria_tokenizer_open(all.runtime, TEXT("/nowhere"), NULL, 0, &tokenizer, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "runtime",
              talaria_tokenizer_open(NULL, TEXT("/nowhere"), NULL, 0, &tokenizer, &error));
  CHECK(ids == NULL && tokenizer == NULL && bytes == NULL);
  talaria_tokenizer_free(NULL);
  talaria_ids_free(NULL);
  talaria_decoder_free(NULL);
  text_world_free(&all);
}

int main(void) {
  RUN(text_becomes_ids_and_the_same_text_again);
  RUN(the_begin_of_a_text_is_told);
  RUN(special_tokens_in_a_text_follow_the_options);
  RUN(a_decoder_never_gives_half_a_character);
  RUN(wrong_arguments_are_named);
  return check_end();
}
