// rooms: grammar base
// Any bytes as calls on matchers of JSON with tool calls, and as a saved matcher: what is read, taken back,
// forked and saved in any order ends where the same text alone ends.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/grammar/json_text.h"
#include "lib/grammar/matcher.h"
#include "lib/grammar/structural_tags.h"

namespace {

using namespace talaria::grammar;

std::shared_ptr<Automaton> Make() {
  GrammarBuilder builder;
  JsonStyle style;
  style.max_string = 9;
  JsonText json(style, &builder);
  const StructuralTag tag = {"<t>", json.AnyObject(), "</t>"};
  StructuralOptions options;
  options.max_tags = 3;
  const auto text = StructuralText({&tag, 1}, options, &builder);
  if (!text.ok()) std::abort();
  const auto grammar = builder.Build(*text);
  if (!grammar.ok()) std::abort();
  // Small, so that much is forgotten on the way.
  Automaton::Limits limits;
  limits.lexer_bytes = 200000;
  limits.stack_bytes = 16000;
  const auto automaton = Automaton::Create(*grammar, nullptr, limits);
  if (!automaton.ok()) std::abort();
  return *automaton;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::shared_ptr<Automaton>* const kAutomaton = new std::shared_ptr<Automaton>(Make());
  if (size > 3000) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)Matcher::Restore(*kAutomaton, input);
  Matcher matcher(*kAutomaton);
  Matcher other = matcher;
  for (size_t i = 0; i < size;) {
    const size_t length = 1 + data[i] % 7;
    if (data[i] >= 0xF8) {
      (void)matcher.Rollback(data[i] & 3);
    } else if (data[i] >= 0xF4) {
      std::swap(matcher, other);
    } else if (data[i] >= 0xF0) {
      other = matcher;
    } else if (data[i] >= 0xE8) {
      const auto forced = matcher.ForcedBytes(64);
      if (!forced.ok()) return 0;
      const auto accepted = matcher.AcceptBytes(*forced);
      if (!accepted.ok()) return 0;
      if (!*accepted) std::abort();
    } else {
      (void)matcher.AcceptBytes(input.substr(i, length));
      i += length - 1;
    }
    ++i;
  }
  Matcher alone(*kAutomaton);
  const auto read = alone.AcceptBytes(matcher.text());
  if (!read.ok()) return 0;
  const auto restored = Matcher::Restore(*kAutomaton, matcher.Save());
  if (!*read || !restored.ok()) std::abort();
  const auto here = matcher.IsComplete();
  const auto there = alone.IsComplete();
  if (here.ok() && there.ok() && *here != *there) std::abort();
  const auto a = matcher.Hash();
  const auto b = alone.Hash();
  const auto again = matcher.Hash();
  if (a.ok() && b.ok() && again.ok() && *a == *again && *a != *b) std::abort();
  return 0;
}
