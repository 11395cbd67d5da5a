#include "talaria/tool_call.h"

#include <utility>
#include <vector>

#include "capi/error.h"
#include "capi/grammar_handles.h"
#include "capi/structs.h"
#include "capi/tool_handles.h"
#include "lib/base/json.h"
#include "lib/chat/parse_messages.h"
#include "lib/chat/tool_call_grammar.h"

namespace talaria::capi {
namespace {

constexpr int32_t kFirstCheck = TALARIA_CALL_UNKNOWN_TOOL - 1;
constexpr uint64_t kMostTags = 256;

// The kinds of problem stand in the ABI in the order of the enums.
static_assert(static_cast<int32_t>(chat::CallError::kTooLarge) == TALARIA_CALL_TOO_LARGE);
static_assert(static_cast<int32_t>(chat::CallError::kArgumentsNotObject) ==
              TALARIA_CALL_ARGUMENTS_NOT_OBJECT);
static_assert(static_cast<int32_t>(chat::CallCheck::kUnknownTool) + kFirstCheck == TALARIA_CALL_UNKNOWN_TOOL);
static_assert(static_cast<int32_t>(chat::CallCheck::kSchemaMismatch) + kFirstCheck ==
              TALARIA_CALL_SCHEMA_MISMATCH);
static_assert(static_cast<int32_t>(chat::ToolEventKind::kError) + 1 == TALARIA_TOOL_EVENT_ERROR);

// The name of a tag, "" for what can be none: a tag is found by its first character alone.
bool IsTagName(std::string_view name) {
  return !name.empty() && name != "tool_call" && name.find_first_of("<> \t\r\n/") == std::string_view::npos;
}

json::Value Describe(const std::vector<chat::ToolEvent>& events) {
  std::string content, reasoning;
  json::Array calls, errors;
  for (const chat::ToolEvent& event : events) {
    const std::string_view problem = talaria_call_problem_name(ProblemOf(event));
    const json::Value index = json::Value::Unsigned(event.index);
    if (event.kind == chat::ToolEventKind::kText) content += event.text;
    if (event.kind == chat::ToolEventKind::kReasoning) reasoning += event.text;
    if (event.kind == chat::ToolEventKind::kError) {
      errors.push_back(json::Object{
          {"problem", problem}, {"index", index}, {"text", event.text}, {"detail", event.detail}});
    }
    if (event.kind == chat::ToolEventKind::kCallEnd) {
      calls.push_back(json::Object{{"id", event.id},
                                   {"index", index},
                                   {"name", event.name},
                                   {"arguments", event.arguments},
                                   {"lenient", event.lenient},
                                   {"problem", problem},
                                   {"detail", event.detail}});
    }
  }
  return json::Object{{"content", std::move(content)},
                      {"reasoning", std::move(reasoning)},
                      {"calls", std::move(calls)},
                      {"errors", std::move(errors)}};
}

// Runs *body* as the one thread inside *parser*.
template <typename Body>
int32_t EnterParser(talaria_tool_parser* parser, talaria_error** error, Body body) noexcept {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(parser, "parser"));
    const SingleEntry::Scope scope(&parser->entry);
    if (!scope.entered()) return FailedPrecondition("parser: another thread is inside it");
    return body(parser->parser);
  });
}

}  // namespace

StatusOr<std::vector<std::string>> ReadReasoningTags(int32_t reasoning, const char* const* tags,
                                                     const uint64_t* tag_bytes, uint64_t count) {
  TALARIA_RETURN_IF_ERROR(CheckFlag(reasoning, "reasoning"));
  if (tags == nullptr) {
    if (count != 0) return InvalidArgument("reasoning_tags: expected ", count, " of them, found NULL");
    if (reasoning == TALARIA_REASONING_AS_TEXT) return std::vector<std::string>();
    return chat::HermesReasoningTags();
  }
  TALARIA_RETURN_IF_ERROR(NotNull(tag_bytes, "reasoning_tag_bytes"));
  if (count > kMostTags) {
    return InvalidArgument("reasoning_tags: expected at most ", kMostTags, ", found ", count);
  }
  std::vector<std::string> names;
  for (uint64_t i = 0; i < count; ++i) {
    const std::string place = Cat("reasoning_tags[", i, "]");
    TALARIA_ASSIGN_OR_RETURN(std::string name, TextArgument(tags[i], tag_bytes[i], place));
    if (!IsTagName(name)) return InvalidArgument(place, ": expected the name of a tag, found ", Quoted(name));
    names.push_back(std::move(name));
  }
  if (reasoning == TALARIA_REASONING_AS_TEXT) names.clear();
  return names;
}

StatusOr<chat::ToolCallParserOptions> ReadToolParserOptions(const talaria_tool_parser_options* given) {
  talaria_tool_parser_options own = TALARIA_TOOL_PARSER_OPTIONS_INIT;
  TALARIA_RETURN_IF_ERROR(ReadStruct(given, "talaria_tool_parser_options", &own));
  chat::ToolCallParserOptions options;
  TALARIA_ASSIGN_OR_RETURN(
      options.reasoning_tags,
      ReadReasoningTags(own.reasoning, own.reasoning_tags, own.reasoning_tag_bytes, own.reasoning_tag_count));
  if (own.tools != nullptr) options.tools = own.tools->set;
  options.first_id = own.first_id;
  return options;
}

int32_t ProblemOf(const chat::ToolEvent& event) {
  if (event.kind == chat::ToolEventKind::kError) return static_cast<int32_t>(event.error);
  return event.check == chat::CallCheck::kOk ? TALARIA_CALL_OK
                                             : kFirstCheck + static_cast<int32_t>(event.check);
}

talaria_tool_event ViewOf(const chat::ToolEvent& event) {
  talaria_tool_event view = TALARIA_TOOL_EVENT_INIT;
  const bool is_of_call =
      event.kind != chat::ToolEventKind::kText && event.kind != chat::ToolEventKind::kReasoning;
  view.kind = static_cast<int32_t>(event.kind) + 1;
  view.index = is_of_call ? static_cast<int64_t>(event.index) : -1;
  view.lenient = event.lenient ? 1 : 0;
  view.problem = ProblemOf(event);
  view.id = event.id.c_str();
  view.name = event.name.c_str();
  view.text = event.text.c_str();
  view.detail = event.detail.c_str();
  view.id_bytes = event.id.size();
  view.name_bytes = event.name.size();
  view.text_bytes = event.text.size();
  view.detail_bytes = event.detail.size();
  return view;
}

}  // namespace talaria::capi

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

int32_t TALARIA_CALL talaria_tools_parse(const char* json, uint64_t json_bytes, talaria_tools** tools,
                                         talaria_error** error) TALARIA_NOEXCEPT {
  if (tools != nullptr) *tools = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(tools, "tools"));
    TALARIA_RETURN_IF_ERROR(NotNull(json, "json"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view text, TextView(json, json_bytes, "json"));
    TALARIA_ASSIGN_OR_RETURN(std::optional<std::vector<chat::ToolDefinition>> definitions,
                             chat::ParseTools(text));
    if (!definitions.has_value()) return InvalidArgument("tools: expected an array, found null");
    TALARIA_ASSIGN_OR_RETURN(std::shared_ptr<const chat::ToolSet> set,
                             chat::ToolSet::Create(*std::move(definitions)));
    *tools = new talaria_tools{std::move(set)};
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_tools_create_grammar(const talaria_tools* tools,
                                                  const talaria_tool_grammar_options* options,
                                                  talaria_grammar** grammar,
                                                  talaria_error** error) TALARIA_NOEXCEPT {
  if (grammar != nullptr) *grammar = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(tools, "tools"));
    TALARIA_RETURN_IF_ERROR(NotNull(grammar, "grammar"));
    talaria_tool_grammar_options own = TALARIA_TOOL_GRAMMAR_OPTIONS_INIT;
    TALARIA_RETURN_IF_ERROR(ReadStruct(options, "talaria_tool_grammar_options", &own));
    TALARIA_RETURN_IF_ERROR(CheckFlag(own.single, "single"));
    TALARIA_RETURN_IF_ERROR(CheckFlag(own.arguments_first, "arguments_first"));
    if (own.choice < TALARIA_TOOL_CHOICE_AUTO || own.choice > TALARIA_TOOL_CHOICE_NAMED) {
      return InvalidArgument("choice: expected one of TALARIA_TOOL_CHOICE_..., found ", own.choice);
    }
    chat::ToolCallGrammarOptions wanted;
    wanted.choice = static_cast<chat::ToolChoice>(own.choice);
    if (own.choice == TALARIA_TOOL_CHOICE_NAMED) {
      TALARIA_ASSIGN_OR_RETURN(wanted.name, TextArgument(own.name, own.name_bytes, "name"));
    }
    wanted.parallel = own.single == 0;
    wanted.arguments_first = own.arguments_first == 1;
    wanted.max_string_length = own.max_string_length;
    auto made = std::make_unique<talaria_grammar>();
    TALARIA_ASSIGN_OR_RETURN(made->object, chat::ToolCallGrammar(*tools->set, wanted));
    *grammar = made.release();
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_tools_free(talaria_tools* tools) TALARIA_NOEXCEPT { delete tools; }

const char* TALARIA_CALL talaria_call_problem_name(int32_t problem) TALARIA_NOEXCEPT {
  if (problem == TALARIA_CALL_OK) return "ok";
  if (problem > 0 && problem <= TALARIA_CALL_TOO_LARGE) {
    return chat::CallErrorName(static_cast<chat::CallError>(problem)).data();
  }
  if (problem >= TALARIA_CALL_UNKNOWN_TOOL && problem <= TALARIA_CALL_SCHEMA_MISMATCH) {
    return chat::CallCheckName(static_cast<chat::CallCheck>(problem - kFirstCheck)).data();
  }
  return "unknown";
}

int32_t TALARIA_CALL talaria_tool_parser_create(const talaria_tool_parser_options* options,
                                                talaria_tool_parser** parser,
                                                talaria_error** error) TALARIA_NOEXCEPT {
  if (parser != nullptr) *parser = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(parser, "parser"));
    TALARIA_ASSIGN_OR_RETURN(chat::ToolCallParserOptions own, ReadToolParserOptions(options));
    *parser = new talaria_tool_parser(std::move(own));
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_tool_parser_free(talaria_tool_parser* parser) TALARIA_NOEXCEPT { delete parser; }

int32_t TALARIA_CALL talaria_tool_parser_feed(talaria_tool_parser* parser, const char* text,
                                              uint64_t text_bytes, talaria_error** error) TALARIA_NOEXCEPT {
  return EnterParser(parser, error, [&](chat::ToolCallParser& own) -> Status {
    TALARIA_ASSIGN_OR_RETURN(const std::string_view bytes, TextView(text, text_bytes, "text"));
    return own.Feed(bytes);
  });
}

int32_t TALARIA_CALL talaria_tool_parser_finish(talaria_tool_parser* parser,
                                                talaria_error** error) TALARIA_NOEXCEPT {
  return EnterParser(parser, error, [](chat::ToolCallParser& own) { return own.Finish(); });
}

int32_t TALARIA_CALL talaria_tool_parser_next_event(talaria_tool_parser* parser, talaria_tool_event* event,
                                                    talaria_error** error) TALARIA_NOEXCEPT {
  ClearStruct(event);
  bool is_there = false;
  const int32_t code = EnterParser(parser, error, [&](chat::ToolCallParser& own) -> Status {
    TALARIA_RETURN_IF_ERROR(CheckOutputStruct(event, "talaria_tool_event"));
    is_there = own.NextEvent(&parser->event);
    return is_there ? WriteStruct(ViewOf(parser->event), "talaria_tool_event", event) : absl::OkStatus();
  });
  return code == TALARIA_OK && !is_there ? TALARIA_NOT_READY : code;
}

int32_t TALARIA_CALL talaria_tool_parse(const char* text, uint64_t text_bytes,
                                        const talaria_tool_parser_options* options, talaria_text** json,
                                        talaria_error** error) TALARIA_NOEXCEPT {
  if (json != nullptr) *json = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(json, "json"));
    TALARIA_RETURN_IF_ERROR(NotNull(text, "text"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view output, TextView(text, text_bytes, "text"));
    TALARIA_ASSIGN_OR_RETURN(const chat::ToolCallParserOptions own, ReadToolParserOptions(options));
    *json = new talaria_text{json::Write(Describe(chat::ParseToolCalls(output, own)))};
    return absl::OkStatus();
  });
}
