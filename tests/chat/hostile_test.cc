// The promise that a user's words never become control tokens: whatever they say, the control tokens among
// the ids are those of the same conversation with harmless words.
#include <doctest/doctest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/utf8.h"
#include "lib/chat/checkpoint_templates.h"
#include "lib/chat/hermes_template.h"
#include "lib/chat/parse_messages.h"
#include "tests/chat/golden_rows.h"
#include "tests/chat/small_tokenizer.h"
#include "tests/fixtures.h"

namespace talaria::chat {
namespace {

using test::TokenizerPtr;

constexpr std::string_view kPieces[] = {"<|im_start|>",
                                        "<|im_end|>",
                                        "<|im_",
                                        "start|>",
                                        "end|>",
                                        "<|",
                                        "|>",
                                        "<|begin_of_text|>",
                                        "<|eot_id|>",
                                        "<|end_of_text|>",
                                        "<|start_header_id|>",
                                        "<tool_call>",
                                        "</tool_call>",
                                        "<tool_response>",
                                        "</tool_response>",
                                        "<tools>",
                                        "</tools>",
                                        "<SCRATCHPAD>",
                                        "{{ bos_token }}",
                                        "{{ 7 * 7 }}",
                                        "{% raw %}",
                                        "{% endraw %}",
                                        "{% for m in messages %}",
                                        "{# ",
                                        " #}",
                                        "{{",
                                        "}}",
                                        "{%",
                                        "%}",
                                        "system\n",
                                        "assistant\n",
                                        "\n",
                                        "\r\n",
                                        "\"",
                                        "'",
                                        "\\",
                                        "\\n",
                                        "\",\"",
                                        "}}\n",
                                        "{\"name\": \"f\", \"arguments\": {}}",
                                        "</s>",
                                        "[INST]",
                                        "\xE2\x80\xA8",
                                        "\xC2\xA0",
                                        "\xEF\xBB\xBF",
                                        "\x01",
                                        "CONTINUE_FINAL_MESSAGE_TAG ",
                                        "%s",
                                        "%(x)s",
                                        "{0}",
                                        "&lt;",
                                        "<b>",
                                        "\xF0\x9F\x98\x80",
                                        "&",
                                        "__class__",
                                        "obey me"};

// Words for every place of a conversation, hostile or harmless, the same number of times.
class Words {
 public:
  Words(uint64_t seed, bool is_hostile) : random_(seed), is_hostile_(is_hostile) {}
  std::string Next() {
    const int pieces = static_cast<int>(random_() % 4) + 1;
    std::string text;
    for (int i = 0; i < pieces; ++i) text += kPieces[random_() % std::size(kPieces)];
    // Names must differ from one another in one object.
    text += std::to_string(count_++);
    return is_hostile_ ? text : "word" + std::to_string(count_);
  }

 private:
  std::mt19937_64 random_;
  const bool is_hostile_;
  int count_ = 0;
};

json::Value CallOf(Words* words, bool as_text) {
  json::Object arguments;
  arguments.push_back({words->Next(), words->Next()});
  arguments.push_back({words->Next(), json::Array{words->Next(), json::Value::Integer(3)}});
  json::Object function;
  function.push_back({"name", words->Next()});
  function.push_back({"arguments", as_text ? json::Value(words->Next()) : json::Value(std::move(arguments))});
  json::Object call;
  call.push_back({"id", words->Next()});
  call.push_back({"type", "function"});
  call.push_back({"function", std::move(function)});
  return json::Value(std::move(call));
}

// The shape comes from *shape*, the same for both; the text from *words*.
json::Value MakeMessages(uint64_t seed, Words* words) {
  std::mt19937_64 shape(seed);
  json::Array messages;
  const auto add = [&](std::string_view role) -> json::Object& {
    json::Object message;
    message.push_back({"role", role});
    message.push_back({"content", words->Next()});
    messages.push_back(json::Value(std::move(message)));
    return *messages.back().object();
  };
  const size_t count = shape() % 6 + 1;
  for (size_t i = 0; i < count; ++i) {
    switch (shape() % 5) {
      case 0:
        add("system");
        break;
      case 1:
        add("assistant");
        break;
      case 2: {
        json::Array calls;
        for (size_t k = shape() % 3 + 1; k > 0; --k) calls.push_back(CallOf(words, shape() % 3 == 0));
        add("assistant").push_back({"tool_calls", std::move(calls)});
        json::Object& result = add("tool");
        result.push_back({"name", words->Next()});
        result.push_back({"tool_call_id", words->Next()});
        break;
      }
      default:
        add("user");
    }
  }
  return json::Value(std::move(messages));
}

json::Value MakeTools(uint64_t seed, Words* words) {
  static constexpr std::string_view kTypes[] = {"string", "number", "integer", "boolean", "array", "object"};
  std::mt19937_64 shape(seed + 1);
  json::Array tools;
  for (size_t i = shape() % 3; i > 0; --i) {
    json::Object properties;
    for (size_t k = shape() % 4; k > 0; --k) {
      json::Object schema;
      schema.push_back({"type", kTypes[shape() % std::size(kTypes)]});
      schema.push_back({"description", words->Next()});
      schema.push_back({"enum", json::Array{words->Next(), words->Next()}});
      properties.push_back({words->Next(), std::move(schema)});
    }
    json::Object parameters;
    parameters.push_back({"type", "object"});
    parameters.push_back({"properties", std::move(properties)});
    json::Object function;
    function.push_back({"name", words->Next()});
    function.push_back({"description", words->Next()});
    function.push_back({"parameters", std::move(parameters)});
    json::Object tool;
    tool.push_back({"type", "function"});
    tool.push_back({"function", std::move(function)});
    tools.push_back(json::Value(std::move(tool)));
  }
  return json::Value(std::move(tools));
}

std::string ControlBytes(const MarkedText& text) {
  std::string out;
  for (const MarkedSpan& span : text.spans) {
    if (span.mark == TextMark::kControl) out += text.text.substr(span.begin, span.end - span.begin);
  }
  return out;
}

StatusOr<MarkedText> Render(const ChatTemplate& by, std::string_view name, uint64_t seed, bool is_hostile) {
  Words words(seed, is_hostile);
  TALARIA_ASSIGN_OR_RETURN(const Conversation conversation, MessagesFromJson(MakeMessages(seed, &words)));
  TALARIA_ASSIGN_OR_RETURN(const auto tools, ToolsFromJson(MakeTools(seed, &words)));
  ChatRequest request;
  request.conversation = &conversation;
  request.tools = &*tools;
  request.template_name = name;
  request.add_generation_prompt = seed % 2 == 0;
  return by.Render(request);
}

// The added tokens among the ids of *text*, in order: all of them, or the special ones.
std::vector<int32_t> AddedIds(const Tokenizer& tokenizer, const MarkedText& text, bool only_special) {
  std::vector<int32_t> ids;
  const Status status = tokenizer.EncodeMarked(text, &ids);
  REQUIRE_MESSAGE(status.ok(), talaria::Message(status));
  std::vector<int32_t> added;
  for (const int32_t id : ids) {
    const AddedToken* token = tokenizer.AddedTokenOf(id);
    if (token != nullptr && (token->special || !only_special)) added.push_back(id);
  }
  return added;
}

// The same with an assistant's words as untrusted as a user's.
MarkedText WithoutTrust(const MarkedText& text) {
  MarkedText out;
  for (const MarkedSpan& span : text.spans) {
    const std::string_view part = std::string_view(text.text).substr(span.begin, span.end - span.begin);
    out.Append(part, span.mark == TextMark::kControl ? TextMark::kControl : TextMark::kLiteral);
  }
  return out;
}

// What is asked of every template: special tokens are the template's alone; so are tags that are added
// tokens, except in an assistant's words, where a history holds real ones.
void CheckTokens(const Tokenizer& tokenizer, const MarkedText& hostile, const MarkedText& harmless) {
  CHECK(AddedIds(tokenizer, hostile, true) == AddedIds(tokenizer, harmless, true));
  CHECK(AddedIds(tokenizer, WithoutTrust(hostile), false) ==
        AddedIds(tokenizer, WithoutTrust(harmless), false));
  CHECK_FALSE(AddedIds(tokenizer, harmless, true).empty());
}

using Check = std::function<void(const MarkedText& hostile, const MarkedText& harmless)>;

// A template may refuse conversations, but then whatever their words.
void ForEachConversation(const ChatTemplate& by, std::string_view name, const Check& check) {
  size_t rendered = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const StatusOr<MarkedText> hostile = Render(by, name, seed, true);
    const StatusOr<MarkedText> harmless = Render(by, name, seed, false);
    CAPTURE(seed);
    CAPTURE(talaria::Message(hostile.status()));
    CAPTURE(talaria::Message(harmless.status()));
    CHECK(hostile.ok() == harmless.ok());
    if (!hostile.ok() || !harmless.ok()) continue;
    ++rendered;
    CHECK(test::AreSpansWhole(*hostile));
    check(*hostile, *harmless);
  }
  // Llama's refuses several calls at once, and tools without a user's message.
  CHECK(rendered >= (name == "llama3_instruct.jinja" ? 300 : 1000));
}

// For templates that print a message's text and do no more with it: not one byte of control differs.
void CheckAll(const ChatTemplate& by, std::string_view name) {
  const TokenizerPtr tokenizer = test::SmallHermesTokenizer();
  ForEachConversation(by, name, [&tokenizer](const MarkedText& hostile, const MarkedText& harmless) {
    CHECK(ControlBytes(hostile) == ControlBytes(harmless));
    CheckTokens(*tokenizer, hostile, harmless);
  });
}

std::string ReadTemplate(std::string_view name) {
  StatusOr<std::string> text = ReadWholeFile(test::GoldenFile("templates/" + std::string(name)), 1u << 20);
  REQUIRE(text.ok());
  return *std::move(text);
}

TEST_CASE("a thousand hostile conversations add no control byte to the native templates") {
  for (const std::string_view name : {"default", "tool_use", "card", "planning"})
    CheckAll(HermesTemplate("<|begin_of_text|>"), name);
}

TEST_CASE("a thousand hostile conversations add no control byte to a checkpoint's templates") {
  CheckpointTemplateSource source;
  for (const std::string_view name :
       {"hermes3_default.jinja", "hermes3_tool_use.jinja", "hermes_tool_use_2024_08.jinja",
        "hermes_tool_use_unclosed.jinja", "vllm_hermes.jinja", "llama3_instruct.jinja"}) {
    source.templates.emplace_back(name, ReadTemplate(name));
  }
  source.special_tokens = {{"bos_token", "<|begin_of_text|>"}};
  const StatusOr<CheckpointTemplates> templates = CheckpointTemplates::Create(source);
  REQUIRE_MESSAGE(templates.ok(), talaria::Message(templates.status()));
  for (const std::string& name : templates->names()) {
    CAPTURE(name);
    CheckAll(*templates, name);
  }
}

// A template of many operations, as those of other families have them. How often it prints a constant of its
// own depends here on what users say (a separator for each part of a split text), so bytes of control cannot
// be counted. But all its constants are Greek, the brackets and signs of a conversation's words are not:
// where such a byte is control and belongs to none of the template's tokens, an operation has lost a mark.
constexpr std::string_view kBusy = R"({%- macro show(value) -%}
  {%- if value is string -%}{{ value|trim }}{%- elif value is mapping -%}
    {%- for k, v in value|dictsort -%}{{ k }}α{{ show(v) }}β{%- endfor -%}
  {%- elif value is iterable -%}{{ value|map('string')|join('γ') }}{%- else -%}{{ value|tojson }}{%- endif -%}
{%- endmacro -%}
{{- bos_token -}}{%- set ns = namespace(all='', names=[]) -%}
{%- for m in messages -%}
  <|im_start|>{{- m.content|upper -}}{{- m.content|length -}}
  {{- m.content.strip().replace('<', 'δδ').split('|')|join('ε') -}}{{- m['content'][::-1] -}}{{- m.content[1:] -}}
  {{- m.content|tojson -}}{{- m.content|indent(2, true) -}}{{- m.content|replace('o', 'τ')|replace('<|im_', 'υ') -}}
  {{- m.content|title -}}{{- m.content.center(60, 'ζ') -}}{{- m.content.rpartition('|')|join('η') -}}{{- m.content|e -}}
  {{- m.content.splitlines()|first -}}{{- (m.content|list)[::2]|join -}}{{- m.content|truncate(9, true, 'θ') -}}
  {{- m.content|urlencode -}}{{- m.content|wordcount -}}{{- (m.content * 2)[3:] -}}{{- m.content|unique|join -}}
  {%- for x in m.content -%}{{- x -}}{%- endfor -%}{%- filter upper -%}ι{{- m.content -}}κ{%- endfilter -%}
  {%- for c in m.tool_calls|default([]) -%}
    {{- show(c) -}}{{- '%sλ%s' % (c.function.name, c.id) -}}{{- c|tojson(indent=1) -}}{{- c.function.name.split('_')[0]|title -}}
    {{- '%-40r' % c.function.name -}}{{- '%5sμ%.9s' % (c.id, c.function.name) -}}{{- c|string -}}
  {%- endfor -%}
  {%- set ns.all = ns.all ~ 'ν' ~ m.content ~ 'ξ' -%}{%- set ns.names = ns.names + ['μ' ~ loop.index] -%}<|im_end|>
{%- endfor -%}
{{- ns.all -}}{{- ns.names|join('π') -}}{{- messages|map(attribute='content')|map('upper')|join('<|im_end|>') -}}
{%- for t in tools -%}
  {{- t|tojson -}}{{- t -}}{{- t.function.parameters.properties.keys()|list -}}{{- t.function.parameters.properties|items|list -}}
  {{- '{}<|im_end|>{}'.format(t.function.name, t.function.description) -}}{{- '<|im_start|>'.join([t.function.name, 'ρ']) -}}
{%- endfor -%})";

// What of the control bytes is not one of the template's tokens.
std::string OutsideTokens(std::string control) {
  for (const std::string_view token : {"<|begin_of_text|>", "<|im_start|>", "<|im_end|>"}) {
    for (size_t at = control.find(token); at != std::string::npos; at = control.find(token, at)) {
      control.replace(at, token.size(), "σ");
    }
  }
  return control;
}

// Greek letters, and the spaces of indentation and padding.
bool IsOfTheBusyTemplate(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char character = DecodeUtf8(text);
    const bool is_greek = character.code_point >= 0x391 && character.code_point <= 0x3C9;
    if (!is_greek && character.code_point != ' ') return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

TEST_CASE(
    "a template that cuts, joins and changes a thousand hostile conversations makes none of their bytes "
    "control") {
  CheckpointTemplateSource source;
  source.templates = {{"default", std::string(kBusy)}};
  source.special_tokens = {{"bos_token", "<|begin_of_text|>"}};
  const StatusOr<CheckpointTemplates> templates = CheckpointTemplates::Create(source);
  REQUIRE_MESSAGE(templates.ok(), talaria::Message(templates.status()));
  const TokenizerPtr tokenizer = test::SmallHermesTokenizer();
  ForEachConversation(*templates, "default",
                      [&tokenizer](const MarkedText& hostile, const MarkedText& harmless) {
                        const std::string left = OutsideTokens(ControlBytes(hostile));
                        CAPTURE(left);
                        CHECK(IsOfTheBusyTemplate(left));
                        CheckTokens(*tokenizer, hostile, harmless);
                      });
}

}  // namespace
}  // namespace talaria::chat
