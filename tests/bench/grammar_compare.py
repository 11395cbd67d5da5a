"""Times grammar_bench, xgrammar and llguidance on the same JSON Schemas and the same texts, one thread each, in processor
time: a mask over the whole vocabulary and the reading of the token after it, for each token of a text.

    pip install xgrammar llguidance tokenizers
    python3 tests/bench/grammar_compare.py build/release/tests/bench/grammar_bench TOKENIZER_JSON [SCHEMA_DIR]

TOKENIZER_JSON is Llama-3's, beside the project. Texts are written as json.dumps writes them with a space after ',' and
':'. Each library walks each text ROUNDS times with one compiled grammar, as a server does that keeps its grammars; the
first walk, which meets everything for the first time, is counted with the others and printed alone too. Python's part
of the peers' calls is not theirs: the time of an empty call of the same kind is taken off.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import llguidance  # noqa: E402
import llguidance.hf  # noqa: E402
import llguidance.numpy  # noqa: E402
import numpy  # noqa: E402
import tokenizers  # noqa: E402
import transformers  # noqa: E402
import xgrammar  # noqa: E402

ROUNDS = 3
STOP = "<|eot_id|>"

ADDRESS = {
    "type": "object",
    "properties": {"street": {"type": "string"}, "city": {"type": "string"}, "zip": {"type": "string"}},
    "required": ["street", "city", "zip"],
    "additionalProperties": False,
}
CASES = {
    "call": (
        {
            "type": "object",
            "properties": {
                "name": {"enum": ["book_room"]},
                "arguments": {
                    "type": "object",
                    "properties": {"guest": {"type": "string"}, "nights": {"type": "integer"}},
                    "required": ["guest", "nights"],
                    "additionalProperties": False,
                },
            },
            "required": ["name", "arguments"],
            "additionalProperties": False,
        },
        [{"name": "book_room", "arguments": {"guest": "Mira of Oakmoor, the smith's daughter", "nights": 3}}],
    ),
    "people": (
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "name": {"type": "string"},
                    "active": {"type": "boolean"},
                    "score": {"type": "number"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "address": ADDRESS,
                },
                "required": ["id", "name", "active", "score", "tags", "address"],
                "additionalProperties": False,
            },
        },
        [
            [
                {
                    "id": i * 1237,
                    "name": name,
                    "active": i % 2 == 0,
                    "score": i * 1.75,
                    "tags": ["alpha", "beta release", "gamma-ray"][: i % 4],
                    "address": {"street": f"{i} Long Street", "city": "Saint-Étienne", "zip": "42000"},
                }
                for i, name in enumerate(["Ada Lovelace", "Grace Hopper", "Katherine Johnson", "中村 修二", "Zoë"])
            ]
        ],
    ),
    "prose": (
        {
            "type": "object",
            "properties": {"title": {"type": "string"}, "body": {"type": "string"}},
            "required": ["title", "body"],
            "additionalProperties": False,
        },
        [
            {
                "title": "On sandals",
                "body": "The messenger's sandals, called talaria, carried him \"as swift as any bird\".\nThey were made "
                "by Hephaestus; later writers give them wings — at first they had none. " * 4,
            }
        ],
    ),
    "tree": (
        {
            "$defs": {
                "node": {
                    "type": "object",
                    "properties": {
                        "value": {"type": "integer"},
                        "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                    },
                    "required": ["value", "children"],
                    "additionalProperties": False,
                }
            },
            "$ref": "#/$defs/node",
        },
        [
            {
                "value": 1,
                "children": [
                    {"value": i, "children": [{"value": 10 * i + j, "children": []} for j in range(3)]} for i in range(6)
                ],
            }
        ],
    ),
    "union": (
        {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {"kind": {"const": kind}, field: {"type": type_}},
                    "required": ["kind", field],
                    "additionalProperties": False,
                }
                for kind, field, type_ in [
                    ("move", "distance", "number"), ("say", "text", "string"), ("wait", "seconds", "integer"),
                    ("give", "item", "string"), ("look", "target", "string"), ("attack", "target", "string"),
                ]
            ]
        },
        [{"kind": "say", "text": "Good evening, traveller!"}, {"kind": "attack", "target": "the grey wolf"}],
    ),
    "bounded": (
        {
            "type": "object",
            "properties": {
                "code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
                "note": {"type": "string", "minLength": 5, "maxLength": 60},
                "size": {"enum": ["small", "medium", "large", "extra large"]},
                "counts": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 8},
            },
            "required": ["code", "note", "size", "counts"],
            "additionalProperties": False,
        },
        [
            {
                "code": "ABC-0123",
                "note": "handle with care, this side up, keep dry",
                "size": "extra large",
                "counts": [1, 22, 333, 4444, 5],
            }
        ],
    ),
}


class Ours:
    name = "talaria"

    def __init__(self, binary, tokenizer_json):
        self.process = subprocess.Popen([binary, tokenizer_json], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        self.folder = tempfile.TemporaryDirectory()

    def ask(self, command, argument):
        path = os.path.join(self.folder.name, command)
        with open(path, "w", encoding="utf-8") as file:
            file.write(argument)
        self.process.stdin.write(f"{command} {path}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"grammar_bench ended at {command}")
        return [int(number) for number in line.split()]

    def compile(self, schema):
        return self.ask("schema", json.dumps(schema))[0]

    def run(self, text, _ids):
        return self.ask("run", text)


def empty_call(function, *arguments):
    """What a call from Python into a library costs by itself, in ns."""
    times = []
    for _ in range(2000):
        begin = time.thread_time_ns()
        function(*arguments)
        times.append(time.thread_time_ns() - begin)
    return statistics.median(times)


class XGrammar:
    name = "xgrammar"

    def __init__(self, vocabulary, stop):
        self.info = xgrammar.TokenizerInfo(vocabulary, xgrammar.VocabType.RAW, stop_token_ids=[stop])
        self.bitmask = xgrammar.allocate_token_bitmask(1, self.info.vocab_size)
        self.overhead = 0

    def compile(self, schema):
        begin = time.thread_time_ns()
        compiler = xgrammar.GrammarCompiler(self.info, max_threads=1, cache_enabled=False)
        self.grammar = compiler.compile_json_schema(schema, any_whitespace=False, separators=(", ", ": "))
        took = time.thread_time_ns() - begin
        matcher = xgrammar.GrammarMatcher(self.grammar)
        self.overhead = 2 * empty_call(matcher.is_terminated)
        return took

    def run(self, _text, ids):
        matcher = xgrammar.GrammarMatcher(self.grammar)
        times = []
        for token in ids:
            begin = time.thread_time_ns()
            matcher.fill_next_token_bitmask(self.bitmask)
            accepted = matcher.accept_token(token)
            times.append(time.thread_time_ns() - begin)
            if not accepted:
                raise RuntimeError(f"xgrammar refuses token {token} after {len(times)}")
        return [max(0, took - self.overhead) for took in times]


class LlGuidance:
    name = "llguidance"

    def __init__(self, tokenizer_json, stop):
        fast = transformers.PreTrainedTokenizerFast(tokenizer_file=tokenizer_json, eos_token=STOP)
        self.tokenizer = llguidance.hf.from_tokenizer(fast, eos_token=stop)
        self.bitmask = llguidance.numpy.allocate_token_bitmask(1, self.tokenizer.vocab_size)

    def compile(self, schema):
        begin = time.thread_time_ns()
        copy = dict(schema)
        copy["x-guidance"] = {"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": False}
        self.grammar = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(copy))
        matcher = llguidance.LLMatcher(self.tokenizer, self.grammar)
        took = time.thread_time_ns() - begin
        if matcher.is_error():
            raise RuntimeError(matcher.get_error())
        self.first = matcher
        self.overhead = 2 * empty_call(matcher.is_accepting)
        return took

    def run(self, _text, ids):
        matcher = self.first.deep_copy()
        times = []
        for token in ids:
            pointer, size = self.bitmask.ctypes.data, self.bitmask.nbytes
            begin = time.thread_time_ns()
            matcher.unsafe_compute_mask_ptr(pointer, size)
            accepted = matcher.consume_token(token)
            times.append(time.thread_time_ns() - begin)
            if not accepted:
                raise RuntimeError(f"llguidance refuses token {token} after {len(times)}: {matcher.get_error()}")
        return [max(0, took - self.overhead) for took in times]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("tokenizer_json")
    arguments = parser.parse_args()
    tokenizer = tokenizers.Tokenizer.from_file(arguments.tokenizer_json)
    stop = tokenizer.token_to_id(STOP)
    letters = {letter: byte for byte, letter in bytes_to_letters().items()}
    added = tokenizer.get_added_tokens_decoder()
    vocabulary = []
    for token in range(tokenizer.get_vocab_size(with_added_tokens=True)):
        if token in added:
            vocabulary.append(added[token].content.encode())
        else:
            vocabulary.append(bytes(letters[letter] for letter in tokenizer.id_to_token(token)))
    libraries = [Ours(arguments.binary, arguments.tokenizer_json), XGrammar(vocabulary, stop),
                 LlGuidance(arguments.tokenizer_json, stop)]
    print("| schema | tokens | library | compile ms | median us | p99.9 us | worst us | first walk median us |")
    print("|---|---|---|---|---|---|---|---|")
    everything = {library.name: [] for library in libraries}
    for name, (schema, instances) in CASES.items():
        texts = [json.dumps(instance, ensure_ascii=False) for instance in instances]
        for library in libraries:
            compiled = library.compile(schema) / 1e6
            times, first = [], []
            for turn in range(ROUNDS):
                for text in texts:
                    took = library.run(text, tokenizer.encode(text, add_special_tokens=False).ids)
                    times += took
                    if turn == 0:
                        first += took
            everything[library.name] += times
            print(f"| {name} | {len(first)} | {library.name} | {compiled:.2f} | {row(times)} |"
                  f" {statistics.median(first) / 1e3:.2f} |", flush=True)
    for name, times in everything.items():
        print(f"| all | {len(times)} | {name} | | {row(times)} | |")


def row(times):
    ordered = sorted(times)
    high = ordered[min(len(ordered) - 1, int(len(ordered) * 0.999))]
    return f"{statistics.median(ordered) / 1e3:.2f} | {high / 1e3:.1f} | {ordered[-1] / 1e3:.1f}"


def bytes_to_letters():
    """The alphabet in which byte-level vocabularies are written."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {byte: chr(byte) for byte in plain}
    for byte in range(256):
        if byte not in table:
            table[byte] = chr(256 + len(table) - len(plain))
    return table


if __name__ == "__main__":
    main()
