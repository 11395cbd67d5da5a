"""Writes tests/golden/schema/cases.jsonl: random JSON Schemas and values, and what PyPI jsonschema says of each.

    python3 -B tests/golden/make_schema_golden.py          # needs jsonschema (made with 4.26.0)

A line is {"draft": 7 or "2020-12", "schema", "instances": [...], "valid": [true|false...]}. Values are made from the
schemas as well as at random, so that many of them are valid.
"""
import json
import pathlib
import random

import jsonschema

NAMES = ["a", "b", "c", "id", "kind", "é\n"]
STRINGS = ["", "a", "b", "ab", "abc", "aab", "x1", "é", "日本", "tab\t", "quote\"", "1999-12-31"]
NUMBERS = [0, 1, -1, 2, 3, 5, 7, 10, 12, 100, 0.5, 1.5, -2.25, 1.0, 3.14, 1e3]
PATTERNS = ["^a", "b$", "^[a-z]*$", "a+b", "[0-9]", "^.{2}$"]


def scalar(rng):
    return rng.choice([None, True, False, rng.choice(NUMBERS), rng.choice(STRINGS)])


def value(rng, depth):
    kind = rng.random()
    if depth == 0 or kind < 0.5:
        return scalar(rng)
    if kind < 0.75:
        return [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {name: value(rng, depth - 1) for name in rng.sample(NAMES, rng.randrange(4))}


def number_keywords(rng):
    schema = {"type": rng.choice(["number", "integer"])}
    for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if rng.random() < 0.25:
            schema[keyword] = rng.choice(NUMBERS)
    if rng.random() < 0.2:
        schema["multipleOf"] = rng.choice([1, 2, 3, 0.5, 7, 10])
    return schema


def string_keywords(rng):
    schema = {"type": "string"}
    if rng.random() < 0.3:
        schema["minLength"] = rng.randrange(3)
    if rng.random() < 0.3:
        schema["maxLength"] = rng.randrange(1, 4)
    if rng.random() < 0.3:
        schema["pattern"] = rng.choice(PATTERNS)
    return schema


def array_keywords(rng, depth, draft):
    schema = {"type": "array"}
    if rng.random() < 0.4:
        prefix = [make(rng, depth - 1, draft) for _ in range(rng.randrange(1, 3))]
        schema["items" if draft == 7 else "prefixItems"] = prefix
        if rng.random() < 0.6:
            schema["additionalItems" if draft == 7 else "items"] = make(rng, depth - 1, draft)
    elif rng.random() < 0.8:
        schema["items"] = make(rng, depth - 1, draft)
    if rng.random() < 0.3:
        schema["minItems"] = rng.randrange(3)
    if rng.random() < 0.3:
        schema["maxItems"] = rng.randrange(1, 4)
    if rng.random() < 0.15:
        schema["contains"] = make(rng, 0, draft)
    if rng.random() < 0.1:
        schema["uniqueItems"] = True
    return schema


def object_keywords(rng, depth, draft):
    schema = {"type": "object"}
    names = rng.sample(NAMES, rng.randrange(1, 4))
    schema["properties"] = {name: make(rng, depth - 1, draft) for name in names}
    if rng.random() < 0.5:
        schema["required"] = rng.sample(names, rng.randrange(len(names) + 1))
    if rng.random() < 0.4:
        schema["additionalProperties"] = rng.choice([False, make(rng, 0, draft)])
    if rng.random() < 0.2:
        schema["patternProperties"] = {rng.choice(PATTERNS): make(rng, 0, draft)}
    if rng.random() < 0.15:
        schema["minProperties"] = rng.randrange(3)
    if rng.random() < 0.15:
        schema["maxProperties"] = rng.randrange(1, 4)
    if rng.random() < 0.1:
        schema["propertyNames"] = {"maxLength": rng.randrange(1, 3)}
    if draft != 7 and rng.random() < 0.1:
        schema["dependentRequired"] = {rng.choice(NAMES): [rng.choice(NAMES)]}
    return schema


def make(rng, depth, draft):
    kind = rng.random()
    if kind < 0.06:
        return rng.choice([True, False, {}])
    if kind < 0.16:
        return {"enum": [value(rng, 1) for _ in range(rng.randrange(1, 4))]}
    if kind < 0.22:
        return {"const": value(rng, 1)}
    if depth > 0 and kind < 0.45:
        keyword = rng.choice(["anyOf", "allOf", "oneOf", "not", "if"])
        parts = [make(rng, depth - 1, draft) for _ in range(2)]
        if keyword == "not":
            return {"not": parts[0]}
        if keyword == "if":
            return {"if": parts[0], "then": parts[1], "else": make(rng, depth - 1, draft)}
        return {keyword: parts}
    if depth > 0 and kind < 0.6:
        return array_keywords(rng, depth, draft)
    if depth > 0 and kind < 0.8:
        return object_keywords(rng, depth, draft)
    if kind < 0.9:
        return number_keywords(rng)
    return string_keywords(rng)


def likely(rng, schema, depth):
    """A value that looks like what the schema asks for."""
    if depth == 0 or not isinstance(schema, dict):
        return value(rng, 1)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return rng.choice(schema["enum"])
    for keyword in ("anyOf", "allOf", "oneOf"):
        if keyword in schema:
            return likely(rng, rng.choice(schema[keyword]), depth)
    if "then" in schema:
        return likely(rng, rng.choice([schema["if"], schema["then"], schema["else"]]), depth)
    kind = schema.get("type")
    if kind == "object":
        return {name: likely(rng, part, depth - 1) for name, part in schema["properties"].items()
                if name in schema.get("required", []) or rng.random() < 0.5}
    if kind == "array":
        parts = schema.get("prefixItems", schema.get("items", True))
        if not isinstance(parts, list):
            parts = [parts] * rng.randrange(4)
        return [likely(rng, part, depth - 1) for part in parts]
    if kind == "string":
        return rng.choice(STRINGS)
    if kind in ("number", "integer"):
        return rng.choice(NUMBERS)
    return value(rng, 1)


def main():
    rng = random.Random(20261127)
    path = pathlib.Path(__file__).parent / "schema" / "cases.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for i in range(600):
            draft = (7, "2020-12")[i % 2]
            schema = make(rng, 3, draft)
            by = (jsonschema.Draft7Validator if draft == 7 else jsonschema.Draft202012Validator)(schema)
            instances = [likely(rng, schema, 4) if rng.random() < 0.7 else value(rng, 2) for _ in range(8)]
            valid = [by.is_valid(instance) for instance in instances]
            out.write(json.dumps({"draft": draft, "schema": schema, "instances": instances, "valid": valid},
                                 ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
