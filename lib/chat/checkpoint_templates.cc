#include "lib/chat/checkpoint_templates.h"

#include "lib/chat/jinja/text_finder.h"
#include "lib/chat/jinja/value_text.h"
#include "lib/chat/python_text.h"

namespace talaria::chat {
namespace {

using jinja::Dict;
using jinja::MarkedString;
using jinja::SequenceType;
using jinja::Value;

// What is put behind the last message's content to find where it ends in the rendering; it is found by a mark
// of its own, which no text of a conversation has, and not by its words. The text is that of
// transformers 4.57, which templates that measure or cut their content would see there.
constexpr std::string_view kEndTag = "CONTINUE_FINAL_MESSAGE_TAG ";
constexpr TextMark kEndMark = static_cast<TextMark>(0x7F);

// How the conversation is put before a template.
struct View {
  // A content of parts as its text.
  bool joins_parts = false;
  bool arguments_as_objects = false;
};

Value TextValue(std::string_view text, TextMark mark, bool is_final) {
  MarkedString string(text, mark);
  if (is_final) string.Append(kEndTag, kEndMark);
  return Value::String(std::move(string));
}

Status PartsValue(const json::Array& parts, const Message& message, bool is_final, Value* out) {
  std::vector<Value> items(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    auto dict = std::make_shared<Dict>();
    for (const json::Member& member : *parts[i].object()) {
      Value value;
      const bool is_text = member.key == "text" && member.value.is_string();
      if (is_text) {
        value = TextValue(*member.value.string(), message.content_mark(), is_final && i + 1 == parts.size());
      } else {
        TALARIA_RETURN_IF_ERROR(FromJson(member.value, message.field_mark(), &value));
      }
      dict->Set(Value::String(member.key, message.field_mark()), std::move(value));
    }
    TALARIA_RETURN_IF_ERROR(MakeDict(std::move(dict), message.field_mark(), &items[i]));
  }
  return MakeSequence(SequenceType::kList, std::move(items), message.field_mark(), out);
}

// The message's tool calls with arguments that are JSON text as what they stand for.
json::Value WithParsedArguments(const json::Value& calls) {
  json::Value copy = calls;
  if (copy.array() == nullptr) return copy;
  for (json::Value& call : *copy.array()) {
    json::Object* members = call.object();
    for (json::Member& member : *members) {
      if (member.key == "function" && member.value.object() != nullptr) members = member.value.object();
    }
    for (json::Member& member : *members) {
      if (member.key != "arguments" || member.value.string() == nullptr) continue;
      StatusOr<json::Value> parsed = json::Parse(*member.value.string());
      if (parsed.ok() && parsed->is_object()) member.value = *std::move(parsed);
    }
  }
  return copy;
}

// What of an assistant's message is its own words besides the content.
bool IsSpoken(std::string_view key) {
  return key == "reasoning_content" || key == "reasoning" || key == "thinking";
}

Status MemberValue(const Message& message, const json::Member& member, const View& view, bool is_final,
                   Value* out) {
  if (member.key == "content") {
    const bool is_text = message.content_form() == ContentForm::kText;
    const bool is_parts = message.content_form() == ContentForm::kParts;
    if (is_text || (is_parts && view.joins_parts)) {
      *out = TextValue(message.ContentText(), message.content_mark(), is_final);
      return absl::OkStatus();
    }
    if (is_parts) return PartsValue(*member.value.array(), message, is_final, out);
  }
  if (member.key == "role") return FromJson(member.value, message.role_mark(), out);
  if (member.key == "tool_calls" && view.arguments_as_objects) {
    return FromJson(WithParsedArguments(member.value), message.field_mark(), out);
  }
  return FromJson(member.value, IsSpoken(member.key) ? message.content_mark() : message.field_mark(), out);
}

Status MessageValue(const Message& message, const View& view, bool is_final, Value* out) {
  auto dict = std::make_shared<Dict>();
  for (const json::Member& member : *message.json().object()) {
    Value value;
    TALARIA_RETURN_IF_ERROR(MemberValue(message, member, view, is_final, &value));
    dict->Set(Value::String(member.key, message.field_mark()), std::move(value));
  }
  return MakeDict(std::move(dict), message.field_mark(), out);
}

Status MessagesValue(const ChatRequest& request, const View& view, Value* out) {
  const std::vector<Message>& messages = request.conversation->messages();
  std::vector<Value> items(messages.size());
  for (size_t i = 0; i < messages.size(); ++i) {
    const bool is_final = request.continue_final_message && i + 1 == messages.size();
    TALARIA_RETURN_IF_ERROR(
        Annotate(MessageValue(messages[i], view, is_final, &items[i]), Cat("messages[", i, "]")));
  }
  return MakeSequence(SequenceType::kList, std::move(items), TextMark::kLiteral, out);
}

Status ToolsValue(const std::vector<ToolDefinition>* tools, Value* out) {
  if (tools == nullptr) {
    *out = Value::None();
    return absl::OkStatus();
  }
  std::vector<Value> items(tools->size());
  for (size_t i = 0; i < tools->size(); ++i) {
    TALARIA_RETURN_IF_ERROR(FromJson((*tools)[i].definition, TextMark::kLiteral, &items[i]));
  }
  return MakeSequence(SequenceType::kList, std::move(items), TextMark::kLiteral, out);
}

void CutAt(size_t end, MarkedText* text) {
  text->text.resize(end);
  while (!text->spans.empty() && text->spans.back().begin >= end) text->spans.pop_back();
  if (!text->spans.empty()) text->spans.back().end = end;
}

// Cuts the rendering behind the final message's content: at the tag, and where the template stripped the
// tag's space, so stripped the content, without white space before it. (transformers 4.57,
// render_jinja_template)
Status CutAtEndTag(const Message& message, MarkedText* text) {
  Status lost =
      InvalidArgument("the template does not print the final message as it is; it cannot be continued");
  const std::string_view words = Strip(kEndTag);
  size_t tag = text->text.size();
  bool is_whole = false;
  int found = 0;
  for (const MarkedSpan& span : text->spans) {
    if (span.mark != kEndMark) continue;
    const std::string_view marked = std::string_view(text->text).substr(span.begin, span.end - span.begin);
    if (marked.substr(0, words.size()) != words) return lost;
    tag = span.begin;
    is_whole = marked.size() == kEndTag.size();
    ++found;
  }
  if (found == 0) return lost;
  if (found > 1)
    return InvalidArgument("the template prints the final message more than once; it cannot be continued");
  std::string content = message.ContentText();
  if (message.content_form() == ContentForm::kParts) {
    const json::Value* last = message.Find("content")->array()->back().Find("text");
    content = *last->string();
  }
  // Both are a user's: a search that takes linear time.
  const std::string_view stripped = Strip(content);
  if (jinja::TextFinder(stripped).Find(text->text, 0) == std::string_view::npos) return lost;
  CutAt(is_whole ? tag : StripEnd(std::string_view(text->text).substr(0, tag)).size(), text);
  return absl::OkStatus();
}

}  // namespace

StatusOr<CheckpointTemplates> CheckpointTemplates::Create(const CheckpointTemplateSource& source,
                                                          const jinja::Limits& limits) {
  CheckpointTemplates result;
  result.limits_ = limits;
  for (const auto& [name, text] : source.templates) {
    StatusOr<jinja::Template> parsed = jinja::Template::Parse(text);
    if (!parsed.ok()) return Annotate(parsed.status(), Cat("chat template ", Quoted(name)));
    result.templates_.emplace_back(name, *std::move(parsed));
  }
  for (const json::Member& token : source.special_tokens) {
    Value value;
    TALARIA_RETURN_IF_ERROR(FromJson(token.value, TextMark::kControl, &value));
    result.special_tokens_.emplace_back(token.key, std::move(value));
  }
  return result;
}

std::vector<std::string> CheckpointTemplates::names() const {
  std::vector<std::string> names;
  for (const auto& entry : templates_) names.push_back(entry.first);
  return names;
}

StatusOr<MarkedText> CheckpointTemplates::RenderWith(const jinja::Template& parsed,
                                                     const ChatRequest& request) const {
  View view;
  view.joins_parts = !parsed.Mentions("text");
  view.arguments_as_objects = request.arguments_as_objects;
  // Later ones hide earlier ones of the same name.
  std::vector<jinja::Template::Variable> context;
  for (const auto& [name, value] : special_tokens_) context.emplace_back(name, value);
  for (const json::Member& variable : request.variables) {
    Value value;
    TALARIA_RETURN_IF_ERROR(FromJson(variable.value, TextMark::kLiteral, &value));
    context.emplace_back(variable.key, std::move(value));
  }
  Value messages;
  Value tools;
  TALARIA_RETURN_IF_ERROR(MessagesValue(request, view, &messages));
  TALARIA_RETURN_IF_ERROR(ToolsValue(request.tools, &tools));
  context.emplace_back("messages", std::move(messages));
  context.emplace_back("tools", std::move(tools));
  context.emplace_back("documents", Value::None());
  context.emplace_back("add_generation_prompt", Value::Boolean(request.add_generation_prompt));
  return parsed.Render(context, limits_, request.now);
}

StatusOr<MarkedText> CheckpointTemplates::Render(const ChatRequest& request) const {
  TALARIA_RETURN_IF_ERROR(CheckRequest(request));
  TALARIA_ASSIGN_OR_RETURN(const std::string name, ChooseTemplate(names(), request));
  for (const auto& [known, parsed] : templates_) {
    if (known != name) continue;
    StatusOr<MarkedText> text = RenderWith(parsed, request);
    if (text.ok() && request.continue_final_message) {
      const Status cut = CutAtEndTag(request.conversation->messages().back(), &*text);
      if (!cut.ok()) text = cut;
    }
    if (!text.ok()) return Annotate(text.status(), Cat("chat template ", Quoted(name)));
    if (request.marking == Marking::kPlain) return PlainMarks(*std::move(text));
    return text;
  }
  return NotFound("no chat template ", Quoted(name));
}

}  // namespace talaria::chat
