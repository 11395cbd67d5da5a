// talaria.hpp compiled and used as a host without exceptions would.
#include "talaria/talaria.hpp"

extern "C" {
#include "tests/capi/check.h"
}

namespace {

constexpr uint64_t kLongUs = 60000000;

void a_conversation_on_the_engines_own_thread() {
  auto runtime = talaria::Runtime::Create();
  REQUIRE(runtime.ok());
  auto model = runtime->OpenModel(TALARIA_GOLDEN_FOLDER "/tiny_text");
  REQUIRE(model.ok());
  auto tokenizer = model->GetTokenizer();
  auto chat_template = model->GetChatTemplate();
  REQUIRE(tokenizer.ok() && chat_template.ok());
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.own_thread = 1;
  auto engine = model->CreateEngine(&config);
  REQUIRE(engine.ok());
  auto session = engine->OpenSession();
  REQUIRE(session.ok());
  auto messages = talaria::Messages::Parse("[{\"role\": \"user\", \"content\": \"hi\"}]");
  REQUIRE(messages.ok());
  auto prompt = chat_template->Render(*messages);
  REQUIRE(prompt.ok());
  CHECK(engine->SetWake(nullptr, nullptr).ok());
  CHECK(!engine->Step().ok());
  CHECK(session->SetPrompt(*prompt).ok());
  const auto count = static_cast<uint64_t>(session->State()->token_count);
  CHECK_EQ(count, *tokenizer->Count(*prompt));
  CHECK(session->AppendPrompt(*prompt).ok());
  CHECK(session->Rewind(count).ok());
  CHECK(!session->Rewind(count + 1).ok());
  REQUIRE(session->GenerateGreedy(5).ok());
  talaria::Event event = TALARIA_EVENT_INIT;
  int tokens = 0;
  while (event.kind != TALARIA_EVENT_FINISHED) {
    auto any = engine->WaitAny(kLongUs);
    REQUIRE(any.ok() && *any == session->get());
    auto next = session->NextEvent(&event);
    REQUIRE(next.ok() && *next);
    tokens += event.kind == TALARIA_EVENT_TOKEN ? 1 : 0;
  }
  CHECK_EQ(tokens, 5);
  auto none = engine->WaitAny(1000);
  CHECK(none.ok() && *none == nullptr);
  CHECK(session->Failure().ok());
  CHECK(session->SetTokens(*session->Tokens()).ok());
  auto usage = session->Usage();
  REQUIRE(usage.ok());
  CHECK_EQ(usage->prompt_tokens, count);
  CHECK_EQ(usage->generated_tokens, 5);
  CHECK_EQ(usage->reused_tokens, count + 4);
}

void a_model_without_a_tokenizer_says_so() {
  auto runtime = talaria::Runtime::Create();
  auto model = runtime->OpenModel(TALARIA_GOLDEN_FOLDER "/tiny_kv4");
  REQUIRE(model.ok());
  CHECK_EQ(model->GetTokenizer().status().code(), TALARIA_NOT_FOUND);
  CHECK_EQ(model->GetChatTemplate().status().code(), TALARIA_NOT_FOUND);
}

void a_model_calls_a_tool() {
  auto by = talaria::ChatTemplate::Hermes("");
  auto messages = talaria::Messages::Create();
  REQUIRE(by.ok() && messages.ok());
  auto loop = talaria::ToolLoop::Create(*by, *messages);
  REQUIRE(loop.ok());
  CHECK(loop->Say("1 and 1?").ok());
  CHECK(loop->Feed("<tool_call>{\"name\": \"add\", \"arguments\": {}}").ok());
  CHECK(loop->Finish().ok());
  talaria::ToolEvent event = TALARIA_TOOL_EVENT_INIT;
  while (*loop->NextEvent(&event) && event.kind != TALARIA_TOOL_EVENT_CALL_END) {
  }
  CHECK_EQ(event.kind, TALARIA_TOOL_EVENT_CALL_END);
  CHECK_EQ(loop->State()->waiting, 1);
  const std::string id(event.id, static_cast<size_t>(event.id_bytes));
  CHECK(!loop->SetError("nobody", "").ok());
  CHECK(loop->SetResult(id, "2").ok());
  CHECK(loop->Render()->text().find("\"content\": 2") != std::string_view::npos);
  CHECK(loop->CopyMessages().ok());

  auto tools = talaria::Tools::Parse("[{\"name\": \"f\"}]");
  REQUIRE(tools.ok());
  talaria_tool_parser_options options = TALARIA_TOOL_PARSER_OPTIONS_INIT;
  options.tools = tools->get();
  auto parser = talaria::ToolParser::Create(&options);
  REQUIRE(parser.ok());
  CHECK(parser->Feed("a").ok() && parser->Finish().ok());
  CHECK(*parser->NextEvent(&event) && event.kind == TALARIA_TOOL_EVENT_TEXT);
  CHECK(!*parser->NextEvent(&event));
}

}  // namespace

int main() {
  RUN(a_conversation_on_the_engines_own_thread);
  RUN(a_model_without_a_tokenizer_says_so);
  RUN(a_model_calls_a_tool);
  return check_end();
}
