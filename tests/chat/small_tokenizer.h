#ifndef TALARIA_TESTS_CHAT_SMALL_TOKENIZER_H_
#define TALARIA_TESTS_CHAT_SMALL_TOKENIZER_H_

#include <doctest/doctest.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/file.h"
#include "lib/tokenizer/tokenizer.h"
#include "tests/fixtures.h"

namespace talaria::test {

using TokenizerPtr = std::shared_ptr<const Tokenizer>;

// The small vocabulary of tests/golden/tokenizer with the added tokens that Hermes' and Llama's prompts have:
// control tokens, and tags that are not special.
inline TokenizerPtr SmallHermesTokenizer() {
  const StatusOr<std::string> ranks = ReadWholeFile(GoldenFile("tokenizer/ranks.tiktoken"), 1u << 20);
  REQUIRE(ranks.ok());
  std::vector<AddedToken> added;
  int32_t id = 1000;
  const auto add = [&added, &id](std::string_view content, bool is_special) {
    AddedToken token;
    token.id = id++;
    token.content = content;
    token.special = is_special;
    added.push_back(std::move(token));
  };
  for (const std::string_view content :
       {"<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
        "<|eom_id|>", "<|python_tag|>", "<|im_start|>", "<|im_end|>"}) {
    add(content, true);
  }
  for (const std::string_view content : {"<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
                                         "<tools>", "</tools>", "<SCRATCHPAD>"}) {
    add(content, false);
  }
  StatusOr<TokenizerPtr> tokenizer = Tokenizer::FromRankFile(*ranks, std::move(added), {});
  REQUIRE_MESSAGE(tokenizer.ok(), Message(tokenizer.status()));
  return *std::move(tokenizer);
}

}  // namespace talaria::test

#endif  // TALARIA_TESTS_CHAT_SMALL_TOKENIZER_H_
