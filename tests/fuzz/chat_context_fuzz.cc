// rooms: chat base
// Any JSON as the context of templates that use everything: messages, tools and other variables of any shape.
// A rendering gives an error or a sound text, and no byte of the context is control: the templates are ASCII,
// so a control byte that is not was somebody else's.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/utf8.h"
#include "lib/chat/jinja/template.h"
#include "lib/chat/jinja/value_text.h"

namespace {

namespace jinja = talaria::chat::jinja;

constexpr std::string_view kTemplates[] = {
    R"({%- macro type(s) %}{%- if {'string': 'str'}[s.type] is defined %}{{ {'string': 'str'}[s.type] }}{%- elif s.type == 'array' %}{{ 'list[' + type(s|items) + ']' }}{%- elif s.type is iterable %}{%- for t in s.type %}{{ type({'type': t}) }}{%- endfor %}{%- endif %}{%- endmacro %}
{%- for t in tools %}{%- if t.function is defined %}{%- set t = t.function %}{%- endif %}{{ t.name ~ t.description|trim }}{%- for n, p in t.parameters.properties|items %}{{ n + type(p) }}{{ loop.last }}{%- endfor %}{{ t.parameters|tojson }}{%- endfor %})",
    R"({%- for m in messages %}{%- if m.role == 'user' or m.role is not string %}{{ m.role ~ m.content }}{%- elif m.tool_calls is defined %}{%- for c in m.tool_calls %}{{ c.name }}{{ c.arguments|tojson(indent=1) }}{%- endfor %}{%- elif m.content is iterable %}{%- for p in m.content %}{{ p.text }}{{ p['type'] }}{%- endfor %}{%- endif %}{{ loop.previtem.role }}{{ loop.nextitem.role }}{%- endfor %})",
    "{{ x }}",
    "{{ x|tojson }}{{ x|tojson(indent=2, sort_keys=true) }}",
    "{{ x|length }}{{ x|first }}{{ x|last }}",
    "{{ x|sort }}",
    "{{ x|dictsort }}",
    "{{ x|upper|title|capitalize|trim|wordcount }}",
    "{{ x.split() }}{{ x.split('a', 1) }}{{ x.splitlines() }}{{ x.strip('ab') }}",
    "{{ x|replace(y, z) }}",
    "{{ x[y:z] }}{{ x[::-1] }}",
    "{{ x[y] }}{{ x.get(y) }}",
    "{{ x + y }}",
    "{{ x - y }}{{ x * y }}",
    "{{ x / y }}{{ x // y }}{{ x % y }}{{ x ** y }}",
    "{{ x % y }}",
    "{{ x < y }}{{ x == y }}{{ x in y }}",
    "{{ x|join(y) }}",
    "{{ x|map('string')|unique|list }}",
    "{{ x|selectattr('a')|list }}{{ x|map(attribute='a.0')|list }}",
    "{{ x|batch(3, y)|list }}{{ x|slice(2)|list }}",
    "{{ x|int }}{{ x|float }}{{ x|round(2) }}{{ x|abs }}",
    "{{ x|sum }}{{ x|max }}{{ x|min }}",
    "{{ x|indent(y) }}{{ x|truncate(y) }}{{ x.center(9) }}",
    "{{ x.format(y, z) }}",
    "{{ x|e }}{{ x|urlencode }}",
    "{{ x is odd }}{{ x is divisibleby y }}",
    "{{ strftime_now(x) }}",
    "{{ range(x, y, z)|list }}",
    "{{ dict(x, a=y) }}{{ namespace(x).a }}",
    "{% for a in x recursive %}{{ loop.index }}{{ a }}{% if a is iterable and a is not string %}{{ loop(a) "
    "}}{% endif %}{% endfor %}",
    "{% for a, b in x %}{{ a }}{{ b }}{% endfor %}",
    "{% macro m() %}{{ kwargs }}{% endmacro %}{{ m(**x) }}{{ dict(**x) }}{{ '%s'|format(**x) }}",
    "{{ [1, {'a': 2}]|tojson(indent=x, separators=(y, z)) }}",
};

bool IsSound(const talaria::MarkedText& text) {
  size_t at = 0;
  for (const talaria::MarkedSpan& span : text.spans) {
    if (span.begin != at || span.end <= span.begin) return false;
    at = span.end;
    if (span.mark != talaria::TextMark::kControl) continue;
    for (size_t i = span.begin; i < span.end; ++i) {
      if (static_cast<unsigned char>(text.text[i]) >= 0x80) return false;
    }
  }
  return at == text.text.size() && talaria::IsValidUtf8(text.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<jinja::Template>* const templates = [] {
    auto* parsed = new std::vector<jinja::Template>();
    for (const std::string_view source : kTemplates) parsed->push_back(*jinja::Template::Parse(source));
    return parsed;
  }();
  if (size < 1) return 0;
  const jinja::Template& chosen = (*templates)[data[0] % templates->size()];
  const auto json = talaria::json::Parse({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (!json.ok() || !json->is_object()) return 0;
  std::vector<jinja::Template::Variable> context;
  for (const talaria::json::Member& member : *json->object()) {
    jinja::Value value;
    if (!jinja::FromJson(member.value, talaria::TextMark::kLiteral, &value).ok()) return 0;
    context.emplace_back(member.key, std::move(value));
  }
  jinja::Limits limits;
  limits.max_steps = 500000;
  limits.max_output_bytes = 1u << 20;
  const auto text = chosen.Render(context, limits, jinja::LocalTime{});
  if (text.ok() && !IsSound(*text)) std::abort();
  return 0;
}
