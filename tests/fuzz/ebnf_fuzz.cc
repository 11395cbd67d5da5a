// rooms: grammar base
// Any bytes as a grammar: what is accepted makes masks, each token of which is then really read, and none
// that it leaves out is.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/grammar/ebnf.h"
#include "lib/grammar/matcher.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talaria::grammar;
  if (size > 2000) return 0;
  const auto grammar = ParseEbnf({reinterpret_cast<const char*>(data), size}, "root");
  if (!grammar.ok()) return 0;
  std::vector<std::string> texts = {""};
  for (int byte = 0; byte < 256; ++byte) texts.emplace_back(1, static_cast<char>(byte));
  for (const char* text :
       {"ab", "abc", "\", \"", "}]", "<tool_call>", "\xC3\xA9", "\xE4\xB8", "   ", "123", "aaaaaaaa"}) {
    texts.emplace_back(text);
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const int32_t stop = 0;
  const auto tokens = TokenTable::Create(views, {&stop, 1});
  if (!tokens.ok()) std::abort();
  Automaton::Limits limits;
  limits.lexer_bytes = limits.stack_bytes = limits.mask_bytes = 4 << 20;
  limits.configurations = 1000;
  const auto automaton = Automaton::Create(*grammar, *tokens, limits);
  if (!automaton.ok()) return 0;
  Matcher matcher(*automaton);
  std::vector<uint32_t> mask((*tokens)->mask_words());
  size_t pick = size;
  for (int step = 0; step < 6; ++step) {
    if (!matcher.FillMask(absl::MakeSpan(mask)).ok()) return 0;
    std::vector<int32_t> allowed;
    for (size_t id = 0; id < texts.size(); ++id) {
      const bool is_set = (mask[id / 32] >> (id % 32) & 1) != 0;
      Matcher fork = matcher;
      const auto accepted = fork.AcceptToken(static_cast<int32_t>(id));
      if (!accepted.ok()) return 0;
      if (*accepted != is_set) std::abort();
      if (is_set) allowed.push_back(static_cast<int32_t>(id));
    }
    // Every text that is allowed so far can be ended.
    if (allowed.empty()) {
      if (!matcher.finished()) std::abort();
      return 0;
    }
    pick = pick * 31 + data[pick % size];
    if (!*matcher.AcceptToken(allowed[pick % allowed.size()])) std::abort();
  }
  const auto restored = Matcher::Restore(*automaton, matcher.Save());
  if (!restored.ok() || restored->text() != matcher.text()) std::abort();
  return 0;
}
