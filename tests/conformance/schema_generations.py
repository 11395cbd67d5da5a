"""Generates JSON under made-up schemas and holds each text against its schema by an implementation that is not ours.

    pip install jsonschema
    python3 schema_generations.py TALARIA MODEL [--schemas 50] [--texts 20] [--max-tokens 1000] [--free]

Exits with 77, which ctest tells as skipped, where jsonschema is not installed. Every generation draws at temperature 1;
with a model of random weights that is any text of the grammar. Each has to end by itself, parse, and validate.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("SKIPPED: jsonschema is not installed")
    sys.exit(77)

WORDS = ["name", "items", "gold", "who", "place", "mood", "is_open", "next", "ways", "note"]


class Maker:
    """Schemas of every kind the compiler takes, small enough that a random text of one ends."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def scalar(self):
        pick = self.random.randrange(12)
        low = self.random.randrange(-50, 50)
        return [
            {"type": "boolean"},
            {"type": "null"},
            {"type": "integer"},
            {"type": "integer", "minimum": low, "maximum": low + self.random.randrange(200)},
            {"type": "integer", "exclusiveMinimum": 0, "multipleOf": self.random.choice([2, 3, 5, 10]), "maximum": 1000},
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "maxLength": self.random.randrange(1, 12)},
            {"type": "string", "minLength": 2, "maxLength": 6},
            {"type": "string", "pattern": self.random.choice(["^[a-z]{2,5}$", "^\\d{3}-\\d{2}$", "^(ab|cd)+e$"])},
            {"enum": ["low", "middle", 3, None, True, {"deep": [1]}]},
            {"const": self.random.choice(["fixed", 7, [1, "two"]])},
            {"type": ["integer", "string"], "maxLength": 4, "minimum": 0, "maximum": 9},
        ][pick]

    def schema(self, depth=3):
        pick = self.random.randrange(10)
        if depth == 0 or pick < 3:
            return self.scalar()
        if pick < 7:
            names = self.random.sample(WORDS, self.random.randrange(1, 5))
            made = {"type": "object", "properties": {name: self.schema(depth - 1) for name in names}}
            made["required"] = [name for name in names if self.random.random() < 0.6]
            if self.random.random() < 0.7:
                made["additionalProperties"] = False
            elif self.random.random() < 0.5:
                made["additionalProperties"] = {"type": "boolean"}
                made["maxProperties"] = len(names) + 1
            else:
                made["maxProperties"] = len(names)
            return made
        if pick < 8:
            return {"type": "array", "items": self.schema(depth - 1), "minItems": 1, "maxItems": self.random.randrange(1, 4)}
        if pick < 9:
            return {"anyOf": [self.schema(depth - 1), self.schema(depth - 1)]}
        return {"type": "array", "prefixItems": [self.scalar(), self.scalar()], "items": False}

    def whole(self):
        made = self.schema()
        if self.random.random() < 0.2:
            node = {"type": "object", "properties": {"value": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}}
            node["required"], node["additionalProperties"] = ["value"], False
            made = {"$defs": {"node": node}, "type": "object", "properties": {"list": {"$ref": "#/$defs/node"}, "rest": made}}
            made["required"], made["additionalProperties"] = ["list"], False
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def generate(options, schema_file, seed):
    command = [options.talaria, "generate", options.model, "--ids-file", "-", "-n", str(options.max_tokens), "--stop"]
    command += ["--print", "text", "--temperature", "1", "--seed", str(seed), "--json-schema", schema_file]
    command += ["--max-string", "12", "--threads", "1"] + (["--free"] if options.free else [])
    done = subprocess.run(command, input=options.prompt, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None, done.stderr.strip()
    return done.stdout.rstrip("\n"), ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("talaria")
    parser.add_argument("model")
    parser.add_argument("--schemas", type=int, default=50)
    parser.add_argument("--texts", type=int, default=20)
    parser.add_argument("--max-tokens", type=int, default=1000)
    parser.add_argument("--prompt", default="1 5 9", help="token ids")
    parser.add_argument("--free", action="store_true", help="held to nothing: for comparison")
    options = parser.parse_args()
    failed = right = texts = 0
    for index in range(options.schemas):
        schema = Maker(index).whole()
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(schema, file)
            file.flush()
            for number in range(options.texts):
                text, problem = generate(options, file.name, 1000 * index + number)
                texts += 1
                try:
                    jsonschema.Draft202012Validator(schema).validate(json.loads(text if text is not None else ""))
                    right += 1
                except (ValueError, jsonschema.ValidationError) as found:
                    failed += 1
                    if failed <= 5 and not options.free:
                        print(f"schema {index}: {json.dumps(schema)}\n  text {text!r}\n  {problem or str(found)[:200]}")
    print(f"{texts} texts under {options.schemas} schemas: {right} are what their schema allows, {failed} are not")
    return int(failed > 0 and not options.free)


if __name__ == "__main__":
    sys.exit(main())
