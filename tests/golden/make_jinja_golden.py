"""Writes jinja/expressions.jsonl and jinja/templates.jsonl: what PyPI jinja2 makes of templates of our own.

    pip install jinja2==3.1.6
    python3 make_jinja_golden.py

The environment is that of transformers' apply_chat_template: the immutable sandbox, trim_blocks, lstrip_blocks, loop
controls, the {% generation %} tag, tojson as json.dumps without HTML escaping, raise_exception, strftime_now (here of
a fixed moment). expressions.jsonl holds [expression, text] of {{ expression }}, templates.jsonl objects of id,
template, context (a name of contexts.json) and text. A text of null says that rendering fails: that Python raises, or
prints an address or another thing that is no data ("<generator object ...", "range(0, 3)"), or a lone surrogate, or an
integer beyond 64 bits, or does what DIFFERENT lists, all of which the interpreter here refuses.
"""

import datetime
import itertools
import json
import os
import re

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from jinja_templates import CONTEXTS, TEMPLATES

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jinja")
NOW = datetime.datetime(2024, 7, 26, 9, 5, 3)
REFUSED = re.compile(r"<[A-Za-z_. '-]+ (object|method|of|'|\d|\{)|<(Macro|Namespace|LoopContext|function|built-in|bound)|range\(")
BIG = re.compile(r"\d{19,}")
# What the interpreter knowingly refuses (lib/chat/README.md), though it is text here: the text of a range, complex
# numbers, %c, integers beyond 64 bits, blocks, slices of constants that have none, and what is left open at the very end
# of a template.
DIFFERENT = {
    *(f"range(3){rest}" for rest in (" is lower", " is upper", "|capitalize", "|replace('a', 'X')", "|title", "|upper",
                                     "|wordcount", "|string|length")),
    "-3 ** 2.5", "{{ '%c' % 65 }}", "{{ big + 1 }}", "{{ 9223372036854775807 + 1 }}",
    "{% block x %}{% endblock %}", "{#", "{% raw %}", "{{ 5[0:1] }}",
}


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_plain"), [], [], body).set_lineno(line)

    def _plain(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda form: NOW.strftime(form)
    return env


ENV = environment()


def render(template, context):
    try:
        text = ENV.from_string(template).render(**context)
        text.encode()
    except RecursionError:
        return None
    except Exception:
        return None
    return None if REFUSED.search(text) else text


# Values that between them are of every kind, and what can be done with any value.
VALUES = [
    "none", "true", "0", "7", "-3", "2.5", "-0.0", "1e20", "''", "'abc'", "'Ab c '", "'\u00e9\u00df\u0130'", "'12'",
    "[]", "[3, 1, 2]", "['b', 'A', 'a']", "(1,)", "{}", "{'b': 1, 'a': 2}", "missing", "range(3)", "{'k': [1, {'z': none}]}",
]
FILTERS = [
    "abs", "capitalize", "count", "d('D')", "default('D', true)", "dictsort", "e", "first", "float", "int", "items",
    "join('-')", "last", "length", "list", "lower", "map('string')|list", "max", "min", "reject('none')|list",
    "replace('a', 'X')", "reverse|list", "reverse", "round", "safe", "select|list", "sort", "string", "sum", "title",
    "tojson", "tojson(indent=2)", "trim", "unique|list", "upper", "urlencode", "wordcount", "indent", "truncate(5)",
    "center(6)", "batch(2)|list", "slice(2)|list", "forceescape", "string|length", "items|list", "list|tojson",
]
TESTS = [
    "boolean", "callable", "defined", "divisibleby(2)", "escaped", "eq(7)", "even", "false", "float", "ge(1)", "gt(1)",
    "in([7, 'abc'])", "integer", "iterable", "le(1)", "lower", "lt(1)", "mapping", "ne(7)", "none", "number", "odd",
    "sameas(none)", "sequence", "string", "true", "undefined", "upper",
]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or"]
OPERANDS = [
    "none", "true", "0", "7", "-3", "2.5", "'abc'", "'a'", "'%s!'", "[]", "[1, 'a']", "(1, 2)", "{'a': 1}", "missing",
]
STRINGS = ["'Hello, World'", "'  a b  c '", "'\u00e9t\u00e9 \u03a3\u039f\u03a3'", "''", "'xx-yy-zz'", "'a\\nb\\r\\nc\\n'", "'7'"]
METHODS = [
    "capitalize()", "center(20)", "center(15, '*')", "count('l')", "count('')", "endswith('d')", "endswith(('x', 'd'))",
    "find('o')", "find('o', 5)", "find('zz', 1, 3)", "index('o')", "isalnum()", "isalpha()", "isdigit()", "islower()",
    "isspace()", "isupper()", "join(['1', '2', '3'])", "join([1])", "ljust(9)", "lower()", "lstrip()", "lstrip('He')",
    "partition('-')", "removeprefix('xx')", "removesuffix('zz')", "replace('l', 'L')", "replace('l', 'L', 1)",
    "replace('', '.')", "rfind('o')", "rjust(9, '.')", "rpartition('-')", "rsplit('-', 1)", "rsplit()", "rsplit(none, 1)",
    "rstrip()", "split()", "split('-')", "split('-', 1)", "split(maxsplit=1)", "split('')", "splitlines()",
    "splitlines(true)", "startswith('x')", "strip()", "strip('a ')", "swapcase()", "title()", "upper()", "zfill(5)",
    "nosuch()", "format(1, x=2)", "[0]", "[-1]", "[99]", "[1:4]", "[::-1]", "[::2]", "[-3:]", "[:-1]", "[4:1:-1]",
]


def expressions():
    for value, test in itertools.product(VALUES, TESTS):
        yield f"{value} is {test}"
    # jinja2 takes slices of constants otherwise than those of variables.
    for value in VALUES:
        yield from (f"(missing or {value})[1:]", f"(missing or {value})[::-1]", f"[1, 2, 3][missing or {value}:]",
                    f"'abcd'[:missing or {value}]", f"'abcd'[::missing or {value}]")
    # Whether two equal strings or floats are one object is CPython's affair.
    for value in ("none", "true", "[]", "{}", "missing", "(1,)"):
        yield f"({value}) is sameas ({value})"
    for value, name in itertools.product(VALUES, FILTERS):
        yield f"{value}|{name}"
    for left, op, right in itertools.product(OPERANDS, OPERATORS, OPERANDS):
        yield f"{left} {op} {right}"
    for value, method in itertools.product(STRINGS, METHODS):
        yield value + (method if method[0] == "[" else "." + method)
    for value in VALUES:
        yield from (f"({value}).a", f"({value})['a']", f"({value})[0]", f"({value})[-1]", f"-{value}",
                    f"+({value})", f"not {value}", f"[{value}]", f"({value}) if ({value}) else 'no'", f"({value}).items()",
                    f"'%s|%r'|format({value}, {value})", f"'%d' % {value}", f"'%.2f' % {value}",
                    f"'{{}}'.format({value})", f"{{'x': {value}}}|tojson", f"({value})()", f"[{value}, 1]|sort",
                    f"'a' ~ {value} ~ 'b'", f"range({value})|list", f"dict({value})", f"{{'a': {value}}}.get('a', 3)",
                    f"[1, 2, 3][{value}]", f"'abc'[{value}]")


def main():
    os.makedirs(FOLDER, exist_ok=True)
    seen = set()
    with open(os.path.join(FOLDER, "expressions.jsonl"), "w", encoding="utf-8") as out:
        for expression in expressions():
            if expression in seen:
                continue
            seen.add(expression)
            text = None if expression in DIFFERENT else render("{{ " + expression + " }}", {})
            if text is not None and BIG.search(text) and "+" not in text and "." not in text:
                text = None
            out.write(json.dumps([expression, text], ensure_ascii=False) + "\n")
    with open(os.path.join(FOLDER, "contexts.json"), "w", encoding="utf-8") as out:
        json.dump(CONTEXTS, out, ensure_ascii=False, indent=1)
        out.write("\n")
    with open(os.path.join(FOLDER, "templates.jsonl"), "w", encoding="utf-8") as out:
        for number, (name, template) in enumerate(TEMPLATES):
            text = None if template in DIFFERENT else render(template, json.loads(json.dumps(CONTEXTS[name])))
            row = {"id": number, "template": template, "context": name, "text": text}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(len(seen), "expressions,", len(TEMPLATES), "templates")


main()
