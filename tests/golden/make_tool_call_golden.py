#!/usr/bin/env python3
"""Writes tests/golden/tool_calls/cases.jsonl: outputs of a model, made of parts whose meaning is known.

Each line: {"text", "calls": [{"name", "arguments", "lenient"}], "errors": [[class, index]...], "content"}. Calls are
written by CPython's json.dumps and repr, so that what they mean is what those printed; bad ones are a list with the class
of each; words stand between them. A case is expected to be the sum of its parts.

Usage: make_tool_call_golden.py (no arguments; CPython 3.9 or later, nothing else)
"""

import json
import os
import random

CASES = 300

# Bodies that are no calls. None of them takes anything with it, whatever follows.
BAD = [
    ("", "empty"), ("\n \t", "empty"),
    ("{bad", "invalid_json"), ("I don't know, it's late", "invalid_json"), ("f(a='b')", "invalid_json"),
    ('{"name": "f", "arguments": {"a": undefined}}', "invalid_json"),
    ('{"name": "f", "arguments": {"q": "</tool_call>", "a": undefined}}', "invalid_json"),
    ('{"name": "f", "arguments": {"a": NaN}}', "invalid_json"), ('{"name": "f", "arguments": {"a": 01}}', "invalid_json"),
    ('{"name": "f", "arguments": {"a": "open}}\n', "invalid_json"), ('{"name": "f", "arguments": {"a": [1, 2}}', "invalid_json"),
    ("{'name': 'f', 'arguments': {'a': {1, 2}}}", "invalid_json"), ("{'name': 'f', 'arguments': {'a': b'x'}}", "invalid_json"),
    ("{'name': 'f', 'arguments': {'a': 1j}}", "invalid_json"), ("{'name': 'f', 'arguments': {'a': '\\x4'}}", "invalid_json"),
    ('{"name": "f", "arguments": {}} x', "trailing_data"), ('{"name": "f", "arguments": {}}}', "trailing_data"),
    ("[]", "not_object"), ("null", "not_object"), ('"f"', "not_object"), ("-1.5e3", "not_object"), ("None", "not_object"),
    ("{}", "missing_name"), ('{"arguments": {}}', "missing_name"), ("{'tool': 'f'}", "missing_name"),
    ('{"name": "", "arguments": {}}', "bad_name"), ('{"name": 7, "arguments": {}}', "bad_name"),
    ('{"name": "f"}', "missing_arguments"), ('{"name": "f", "parameters": {}}', "missing_arguments"),
    ('{"name": "f", "arguments": "{}"}', "arguments_not_object"), ('{"name": "f", "arguments": null}', "arguments_not_object"),
]

# Bodies whose meaning is CPython's by its documentation, written by hand: (body, name, arguments).
LENIENT = [
    ('{"name": "f", "arguments": {"a": True, "b": None,},}', "f", {"a": True, "b": None}),
    (r"""{'name': 'f', 'arguments': {'a': 'x' "y" r'\d' u'\u00e9\x41\101\q'}}""", "f", {"a": "xy\\d\u00e9AA\\q"}),
    ("{'name': 'f', 'arguments': {'a': '''x\n</tool_call> 'y' '''}}", "f", {"a": "x\n</tool_call> 'y' "}),
    ("{'name': 'f', 'arguments': {'a': (1, 2), 'b': (3), 'c': (), 'd': [4,]}}", "f", {"a": [1, 2], "b": 3, "c": [], "d": [4]}),
    ("{'name': 'f', 'arguments': {'a': 0x1F, 'b': 1_000, 'c': .5, 'd': 5., 'e': -0o17, 'f': 0b1_0, 'g': +1e3}}", "f",
     {"a": 31, "b": 1000, "c": 0.5, "d": 5.0, "e": -15, "f": 2, "g": 1000.0}),
    ("{'name': 'f', # it's a comment\n 'arguments': {2: 'a', None: 'b', True: 'c', 1.5: 'd'}}", "f",
     {"2": "a", "null": "b", "true": "c", "1.5": "d"}),
    ("{'name': 'f', 'arguments': {'a': 1, 'b': 2, 'a': 3}}", "f", {"a": 3, "b": 2}),
    ('{"name": "f", "arguments": {"a": "\\q\ttab"}}', "f", {"a": "\\q\ttab"}),
    ("({'name': 'f', 'arguments': {'a': 'line\\\nline'}})", "f", {"a": "lineline"}),
]

WORDS = ["", "", "\n", " then ", "a < b </tool", "it's \"so\"", "<tool_call", "</tool_call>", "```json\n{}\n```", "日本語 😀",
         '{"name": "f", "arguments": {}}', "<tool_response>\n", "<<tool_calls>", "<think>hm</think>", "\\", "<"]
STRINGS = ["", "x", "it's", 'say "hi"', "</tool_call>", "<tool_call>", "}}", "a\nb\t", "\\", "\\'", "é😀", "\u2028", "# no",
           "'''", '"""', "<tool_call>{'name': 'evil', 'arguments': {}}</tool_call>", "\x01", "r'", "\ufeff"]


def value(source, depth):
    kind = source.randrange(8 if depth < 3 else 6)
    if kind == 0:
        return source.choice([True, False, None])
    if kind == 1:
        return source.choice([0, -1, 7, 2**64, -(2**70), 10**30])
    if kind == 2:
        return source.choice([0.5, -1e-07, 1e+20, 1.0, 123456.789])
    if kind < 6:
        return source.choice(STRINGS)
    if kind == 6:
        return [value(source, depth + 1) for _ in range(source.randrange(4))]
    return {source.choice(STRINGS): value(source, depth + 1) for _ in range(source.randrange(4))}


def good(source):
    name = source.choice(["f", "get_weather", "ns.f-1", "функция", " f ", 'q"\\'])
    arguments = {source.choice(STRINGS): value(source, 0) for _ in range(source.randrange(4))}
    members = [("name", name), ("arguments", arguments)]
    if source.randrange(3) == 0:
        members.append(("id", "call_7"))
    source.shuffle(members)
    if source.randrange(6) == 0:
        body, name, arguments = source.choice(LENIENT)
        return body, {"name": name, "arguments": arguments, "lenient": True}
    if source.randrange(3) == 0:
        return repr(dict(members)), {"name": name, "arguments": arguments, "lenient": True}
    style = source.choice([{}, {"ensure_ascii": False}, {"indent": 1}, {"separators": (",", ":")}])
    if source.randrange(4) == 0:
        members.insert(0, ("arguments", {"old": 1}))  # the last of several holds
        body = "{" + ", ".join(f"{json.dumps(key)}: {json.dumps(item, **style)}" for key, item in members) + "}"
    else:
        body = json.dumps(dict(members), **style)
    return body, {"name": name, "arguments": arguments, "lenient": False}


def is_python_only(call, body):
    """repr of a dict that json reads too (no strings, no words of Python) is JSON."""
    try:
        json.loads(body)
        return False
    except ValueError:
        return call["lenient"]


def case(source):
    text, content, calls, errors = "", "", [], []
    for index in range(source.randrange(1, 5)):
        words = source.choice(WORDS)
        text += words
        content += words
        pad = source.choice(["\n", "", " ", "\n\n\t"])
        if source.randrange(4) == 0:
            body, name = source.choice(BAD)
            errors.append([name, index])
        else:
            body, call = good(source)
            call["lenient"] = is_python_only(call, body)
            calls.append(call)
        text += "<tool_call>" + pad + body + pad + "</tool_call>"
    words = source.choice(WORDS)
    return {"text": text + words, "calls": calls, "errors": errors, "content": content + words}


def main():
    source = random.Random(7)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tool_calls", "cases.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(CASES):
            file.write(json.dumps(case(source)) + "\n")


if __name__ == "__main__":
    main()
