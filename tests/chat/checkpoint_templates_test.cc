#include "lib/chat/checkpoint_templates.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "lib/chat/parse_messages.h"
#include "tests/chat/golden_rows.h"
#include "tests/temporary_folder.h"

namespace talaria::chat {
namespace {

using test::TemporaryFolder;

std::string FolderPath(const TemporaryFolder& folder) {
  return std::filesystem::path(folder.Path("x")).parent_path();
}

bool Says(const Status& status, std::string_view part) {
  return talaria::Message(status).find(part) != std::string_view::npos;
}

StatusOr<MarkedText> Render(const std::string& source, const std::string& messages,
                            const ChatRequest& like = {}) {
  CheckpointTemplateSource templates;
  templates.templates = {{"default", source}};
  templates.special_tokens = {{"bos_token", "<s>"}, {"additional_special_tokens", json::Array{"<x>"}}};
  TALARIA_ASSIGN_OR_RETURN(const CheckpointTemplates created, CheckpointTemplates::Create(templates));
  TALARIA_ASSIGN_OR_RETURN(const Conversation conversation, ParseMessages(messages));
  ChatRequest request = like;
  request.conversation = &conversation;
  return created.Render(request);
}

TEST_CASE("templates and tokens are read from every place that checkpoints keep them") {
  const TemporaryFolder folder;
  folder.Write("tokenizer_config.json",
               R"({"bos_token": "<s>", "eos_token": {"content": "</s>", "special": true}, "pad_token": null,
    "chat_template": [{"name": "default", "template": "old"}, {"name": "tool_use", "template": "T"}], "additional_special_tokens": ["<a>"]})");
  folder.Write("special_tokens_map.json", R"({"eos_token": "</other>", "unk_token": "<unk>"})");
  folder.Write("chat_template.jinja", "new");
  std::filesystem::create_directory(folder.Path("additional_chat_templates"));
  folder.Write("additional_chat_templates/rag.jinja", "R");
  folder.Write("additional_chat_templates/README.md", "not a template");
  const StatusOr<CheckpointTemplateSource> source = ReadCheckpointTemplates(FolderPath(folder));
  REQUIRE_MESSAGE(source.ok(), talaria::Message(source.status()));
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"default", "new"}, {"tool_use", "T"}, {"rag", "R"}};
  CHECK(source->templates == expected);
  CHECK(
      json::Write(json::Value(source->special_tokens)) ==
      R"({"bos_token": "<s>", "eos_token": "</s>", "additional_special_tokens": ["<a>"], "unk_token": "<unk>"})");
}

TEST_CASE("a single template is the default one") {
  const TemporaryFolder folder;
  folder.Write("tokenizer_config.json", R"({"chat_template": "hello"})");
  const StatusOr<CheckpointTemplateSource> source = ReadCheckpointTemplates(FolderPath(folder));
  REQUIRE(source.ok());
  REQUIRE(source->templates.size() == 1);
  CHECK(source->templates[0].first == "default");
}

TEST_CASE("what is wrong in a folder is named with its file") {
  const TemporaryFolder folder;
  CHECK(ReadCheckpointTemplates(FolderPath(folder)).status().code() == StatusCode::kNotFound);
  folder.Write("tokenizer_config.json", R"({"chat_template": 5})");
  Status status = ReadCheckpointTemplates(FolderPath(folder)).status();
  CHECK(status.code() == StatusCode::kInvalidArgument);
  CHECK(Says(status, "tokenizer_config.json: chat_template"));
  folder.Write("tokenizer_config.json", R"({"chat_template": [{"name": "x"}]})");
  CHECK(Says(ReadCheckpointTemplates(FolderPath(folder)).status(), "chat_template[0]"));
  folder.Write("tokenizer_config.json", "{");
  CHECK(Says(ReadCheckpointTemplates(FolderPath(folder)).status(), "tokenizer_config.json"));
  CheckpointTemplateSource bad;
  bad.templates = {{"tool_use", "{% if %}"}};
  CHECK(Says(CheckpointTemplates::Create(bad).status(), "chat template \"tool_use\": line 1"));
}

TEST_CASE("special tokens are control, the host's variables are literal and stand above them") {
  ChatRequest like;
  like.variables = {{"note", "<s>"}};
  CHECK(test::ShowMarks(*Render("{{ bos_token }}{{ note }}{{ additional_special_tokens[0] }}", "[]", like)) ==
        "C(<s>)L(<s>)C(<x>)");
  like.variables = {{"bos_token", "mine"}, {"messages", "no"}};
  CHECK(test::ShowMarks(*Render("{{ bos_token }}{{ messages|length }}", "[]", like)) == "L(mine0)");
}

TEST_CASE("tools and documents that were not given are none") {
  CHECK(
      Render("{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}{{ nothing is defined }}",
             "[]")
          ->text == "TrueTrueFalseFalse");
}

TEST_CASE("parts are given as parts to a template that looks at them, as text to others") {
  const std::string messages =
      R"([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}])";
  CHECK(test::ShowMarks(*Render("{{ messages[0].content }}", messages)) == "L(a\nb)");
  CHECK(test::ShowMarks(*Render("{% for p in messages[0].content %}<{{ p.text }}>{% endfor %}", messages)) ==
        "C(<)L(a)C(><)L(b)C(>)");
}

TEST_CASE("arguments that are text become objects only where the host asks for it") {
  const std::string messages =
      R"([{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{\"a\":1}"}}, {"name": "g", "arguments": "no JSON"}]}])";
  const std::string source =
      "{% for c in messages[0].tool_calls %}{{ (c.function or c).arguments|tojson }}{% endfor %}";
  CHECK(Render(source, messages)->text == R"("{\"a\":1}""no JSON")");
  ChatRequest like;
  like.arguments_as_objects = true;
  CHECK(Render(source, messages, like)->text == R"({"a": 1}"no JSON")");
}

TEST_CASE("the rendering ends with the final message's content, as transformers cuts it") {
  ChatRequest like;
  like.continue_final_message = true;
  const std::string messages =
      R"([{"role": "user", "content": "q"}, {"role": "assistant", "content": " Sure, "}])";
  CHECK(test::ShowMarks(*Render("{% for m in messages %}[{{ m.content }}]{% endfor %}", messages, like)) ==
        "C([)L(q)C(][)A( Sure, )");
  // A template that strips loses the space at the end, and then so does the text.
  CHECK(test::ShowMarks(*Render("{% for m in messages %}[{{ m.content|trim }}]{% endfor %}", messages,
                                like)) == "C([)L(q)C(][)A(Sure,)");
  CHECK_FALSE(Render("{% for m in messages %}{{ m.role }}{% endfor %}", messages, like).ok());
  CHECK_FALSE(Render("{% for m in messages %}{{ m.content|upper }}{% endfor %}", messages, like).ok());
  CHECK_FALSE(Render("{{ messages[-1].content }}{{ messages[-1].content }}", messages, like).ok());
  CHECK_FALSE(Render("{{ messages[-1].content[:-3] }}", messages, like).ok());
  // The words that mark the place in transformers are of no account in a conversation.
  const std::string tagged =
      R"([{"role": "user", "content": "CONTINUE_FINAL_MESSAGE_TAG "}, {"role": "assistant", "content": "a"}])";
  CHECK(Render("{{ messages[1].content }}{{ messages[0].content }}", tagged, like)->text == "a");
  const std::string parts =
      R"([{"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}])";
  CHECK(Render("{% for p in messages[0].content %}<{{ p.text }}>{% endfor %}", parts, like)->text == "<a><b");
  CHECK(Render("<{{ messages[0].content }}>", parts, like)->text == "<a\nb");
}

TEST_CASE("looking for the final message's content takes linear time") {
  ChatRequest like;
  like.continue_final_message = true;
  const std::string many(1u << 21, 'a');
  const std::string last = many.substr(0, 1u << 20) + "b";
  const std::string messages = "[{\"role\": \"user\", \"content\": \"" + many +
                               "\"}, {\"role\": \"assistant\", \"content\": \"" + last + "\"}]";
  const StatusOr<MarkedText> text =
      Render("{% for m in messages %}[{{ m.content }}]{% endfor %}", messages, like);
  REQUIRE_MESSAGE(text.ok(), talaria::Message(text.status()));
  CHECK(text->text.size() == many.size() + last.size() + 3);
}

TEST_CASE("reasoning is the assistant's, all else in its message is literal") {
  const std::string messages =
      R"([{"role": "assistant", "content": "c", "reasoning_content": "r", "note": "n"}])";
  CHECK(test::ShowMarks(
            *Render("{{ messages[0].content }}{{ messages[0].reasoning_content }}{{ messages[0].note }}",
                    messages)) == "A(cr)L(n)");
}

TEST_CASE("the date is the host's") {
  ChatRequest like;
  like.now = jinja::LocalTime{2026, 11, 23, 1, 2, 3};
  CHECK(Render("{{ strftime_now('%d %b %Y') }}", "[]", like)->text == "23 Nov 2026");
  CHECK_FALSE(Render("{{ strftime_now('%d') }}", "[]").ok());
}

}  // namespace
}  // namespace talaria::chat
