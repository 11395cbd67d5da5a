// Times token masks on one thread, in processor time, at the word of whoever writes to its standard input
// (grammar_compare.py):
//   grammar_bench TOKENIZER
//   json spaced|compact|flexible   a grammar for JSON of any shape    -> nanoseconds
//   ebnf PATH                      the grammar of a file              -> nanoseconds
//   schema PATH                    the grammar of a JSON Schema       -> nanoseconds
//   free                           text with calls of any JSON in <tool_call> tags -> nanoseconds
//   warm COUNT                     computes so many masks beforehand  -> nanoseconds
//   run PATH                       walks a text                       -> a line of nanoseconds for each token
//   usage                          -> bytes of lexer, stacks, masks; masks made
// TOKENIZER is what Tokenizer::Open takes. What a walk times is a mask and the reading of the token after it.
#include <cstdio>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/platform.h"
#include "lib/grammar/ebnf.h"
#include "lib/grammar/json_schema.h"
#include "lib/grammar/json_text.h"
#include "lib/grammar/matcher.h"
#include "lib/grammar/structural_tags.h"
#include "lib/tokenizer/tokenizer.h"

namespace {

using talaria::Status;
using talaria::StatusOr;
using talaria::Tokenizer;
using namespace talaria::grammar;

int64_t Now() { return talaria::platform::ProcessCpuNanoseconds(); }

int Fail(const Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

std::shared_ptr<const TokenTable> TableOf(const Tokenizer& tokenizer) {
  std::vector<std::string_view> texts;
  std::vector<int32_t> stops;
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    texts.push_back(tokenizer.IsSpecial(id) ? std::string_view() : tokenizer.BytesOf(id));
    if (tokenizer.IsSpecial(id) && tokenizer.BytesOf(id) == "<|eot_id|>") stops.push_back(id);
  }
  auto table = TokenTable::Create(texts, stops);
  return table.ok() ? *table : nullptr;
}

StatusOr<std::shared_ptr<const Grammar>> FreeText() {
  GrammarBuilder builder;
  JsonText json(JsonStyle(), &builder);
  const StructuralTag tag = {"<tool_call>\n", json.AnyObject(), "\n</tool_call>"};
  auto text = StructuralText({&tag, 1}, StructuralOptions(), &builder);
  if (!text.ok()) return text.status();
  return builder.Build(*text);
}

StatusOr<std::shared_ptr<const Grammar>> GrammarOf(const std::string& kind, const std::string& argument) {
  if (kind == "free") return FreeText();
  if (kind == "json") {
    JsonStyle style;
    style.spacing = argument == "compact"    ? JsonSpacing::kCompact
                    : argument == "flexible" ? JsonSpacing::kFlexible
                                             : JsonSpacing::kSpaced;
    return JsonGrammar(style, false);
  }
  const StatusOr<std::string> text = talaria::ReadWholeFile(argument, uint64_t{1} << 24);
  if (!text.ok()) return text.status();
  if (kind == "ebnf") return ParseEbnf(*text, "root");
  const StatusOr<talaria::json::Value> schema = talaria::json::Parse(*text);
  if (!schema.ok()) return schema.status();
  const auto made = SchemaGrammar::Create(*schema);
  if (!made.ok()) return made.status();
  return (*made)->grammar();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s TOKENIZER\n", argv[0]);
    return 2;
  }
  const StatusOr<std::shared_ptr<const Tokenizer>> tokenizer = Tokenizer::Open(argv[1]);
  if (!tokenizer.ok()) return Fail(tokenizer.status());
  int64_t begin = Now();
  const std::shared_ptr<const TokenTable> table = TableOf(**tokenizer);
  if (table == nullptr) return 1;
  std::printf("%lld\n", static_cast<long long>(Now() - begin));
  std::fflush(stdout);
  std::shared_ptr<Automaton> automaton;
  std::vector<uint32_t> mask(table->mask_words());
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command;
    std::string argument;
    words >> command >> argument;
    begin = Now();
    if (command == "warm") {
      if (const Status status = automaton->Warm(std::stoul(argument)); !status.ok()) return Fail(status);
      std::printf("%lld\n", static_cast<long long>(Now() - begin));
    } else if (command == "usage") {
      const Automaton::Usage usage = automaton->usage();
      std::printf("%zu %zu %zu %llu\n", usage.lexer_bytes, usage.stack_bytes, usage.mask_bytes,
                  static_cast<unsigned long long>(usage.masks_made));
    } else if (command == "run") {
      const StatusOr<std::string> text = talaria::ReadWholeFile(argument, uint64_t{1} << 24);
      if (!text.ok()) return Fail(text.status());
      std::vector<int32_t> ids;
      if (const Status status = (*tokenizer)->Encode(*text, talaria::SpecialPolicy::None(), &ids);
          !status.ok()) {
        return Fail(status);
      }
      Matcher matcher(automaton);
      std::string out;
      for (const int32_t id : ids) {
        begin = Now();
        const Status status = matcher.FillMask(absl::MakeSpan(mask));
        const StatusOr<bool> accepted = matcher.AcceptToken(id);
        const int64_t end = Now();
        if (!status.ok()) return Fail(status);
        if (!accepted.ok()) return Fail(accepted.status());
        if (!*accepted) {
          std::fprintf(stderr, "%s: token %d is refused after %zu tokens\n", argument.c_str(), id,
                       matcher.steps());
          return 1;
        }
        out += std::to_string(end - begin) + " ";
      }
      std::printf("%s\n", out.c_str());
    } else {
      const auto grammar = GrammarOf(command, argument);
      if (!grammar.ok()) return Fail(grammar.status());
      auto made = Automaton::Create(*grammar, table);
      if (!made.ok()) return Fail(made.status());
      automaton = *std::move(made);
      std::printf("%lld\n", static_cast<long long>(Now() - begin));
    }
    std::fflush(stdout);
  }
  return 0;
}
