"""Holds generated conversations against a model: greedy replies to each of the assistant's turns, on the true
history.

Every value (name, place, item, number of a range of 40 or more) is one that training never draws. Phrasings
are those of training, or with --phrases held_out those that it never sees.
"""

import argparse
import collections
import functools
import json
import multiprocessing
import os
import pathlib
import re
import subprocess
import tempfile

import torch
from tokenizers import Tokenizer

from corpus import ASSISTANT_HEADER, Encoder, conversation
from generate import greedy_replies
from model import Config, Pocket

CALL = re.compile(r"<tool_call>\n(.*?)\n</tool_call>", re.DOTALL)


def parse_calls(text):
    """(calls as (name, arguments), whether the text is calls and nothing else, each of them valid)."""
    found = CALL.findall(text)
    calls = []
    for body in found:
        try:
            call = json.loads(body)
        except ValueError:
            return calls, False
        if (
            not isinstance(call, dict)
            or set(call) != {"name", "arguments"}
            or not isinstance(call["arguments"], dict)
        ):
            return calls, False
        calls.append((call["name"], call["arguments"]))
    whole = "\n".join("<tool_call>\n" + body + "\n</tool_call>" for body in found)
    return calls, bool(found) and text == whole


def holds(reply, value):
    return re.search(r"(?<!\w)" + re.escape(value.lower()) + r"(?!\w)", reply.lower()) is not None


class Score:
    """Counts of hits per measure, and the replies that missed."""

    def __init__(self):
        self.hits, self.total = collections.Counter(), collections.Counter()
        self.misses = []

    def count(self, measure, hit, made=None):
        self.hits[measure] += bool(hit)
        self.total[measure] += 1
        if made and not hit:
            self.misses.append({"measure": measure, **made})

    def reply(self, expected, wanted, reply, has_tools, question):
        made = {"user": question, "wanted": wanted, "reply": reply}
        called = "<tool_call>" in reply
        if called:
            self.count("call syntax is valid", parse_calls(reply)[1], made)
        if expected.kind == "call":
            calls, valid = parse_calls(reply)
            exact = valid and calls == [(name, arguments) for name, arguments in expected.calls]
            self.count("a call where one is wanted", called)
            self.count(
                "name of the call is right",
                [name for name, _ in calls] == [name for name, _ in expected.calls],
            )
            self.count("name and arguments are right", exact, made)
            if len(expected.calls) > 1:
                self.count("both of two calls are right", exact)
            return
        if has_tools:
            self.count("no call on any other turn", not called)
        if expected.kind == "no_call" and has_tools:
            self.count("no call where none fits", not called, made)
        elif expected.kind == "known":
            self.count("fact of the prompt is answered right", holds(reply, expected.value), made)
        elif expected.kind == "unknown":
            self.count("absent fact is not invented", "not know" in reply and not called, made)
        elif expected.kind == "result" and expected.value:
            self.count("result of the tool is used", holds(reply, expected.value), made)
        elif expected.kind == "json":
            self.count("JSON answer is right", _same_json(reply, expected.value), made)
        elif expected.kind == "role":
            self.count("role is kept", holds(reply, expected.value) or holds(reply, expected.other), made)

    def rates(self):
        return {
            measure: (self.hits[measure] / self.total[measure], self.total[measure])
            for measure in sorted(self.total)
        }


def _same_json(reply, wanted):
    try:
        return json.loads(reply) == json.loads(wanted)
    except ValueError:
        return False


def reply_spans(ids, header, end):
    """(start, stop) of what the assistant says: after its header, before its <|im_end|>."""
    spans, position = [], 0
    while position + len(header) <= len(ids):
        if ids[position : position + len(header)] == header:
            start = position + len(header)
            spans.append((start, ids.index(end, start)))
            position = start
        position += 1
    return spans


class PocketEngine:
    """Weights of a checkpoint of train.py (its average), in plain PyTorch."""

    def __init__(self, path):
        state = torch.load(path, map_location="cpu", weights_only=True)
        weights = state.get("average") or state["model"]
        self.model = Pocket(Config.of(weights)).eval()
        self.model.load_state_dict(weights)
        self.about = "{} at {:.2f}M tokens".format(path.name, state["tokens"] / 1e6)

    def replies(self, ids, starts, stop):
        return greedy_replies(self.model, ids, starts, stop)


class TransformersEngine:
    """An exported folder, by Hugging Face transformers."""

    def __init__(self, path, dtype):
        from transformers import AutoModelForCausalLM

        self.model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype).eval()
        self.about = "{} by transformers in {}".format(path.name, dtype)

    def replies(self, ids, starts, stop):
        made = []
        for start in starts:
            prompt = torch.tensor(ids[:start])[None, :]
            with torch.inference_mode():
                out = self.model.generate(
                    prompt,
                    attention_mask=torch.ones_like(prompt),
                    do_sample=False,
                    max_new_tokens=160,
                    eos_token_id=stop,
                    pad_token_id=stop,
                )
            reply = out[0, start:].tolist()
            made.append(reply[: reply.index(stop)] if stop in reply else reply)
        return made


class TalariaEngine:
    """An exported folder, by the command of this project."""

    def __init__(self, path, command, armed=False):
        self.path, self.command, self.armed = str(path), str(command), armed
        self.about = "{} by {}{}".format(path.name, command.name, ", calls held to their tools" if armed else "")
        self.tools = None

    def _tools_file(self):
        self._file = tempfile.NamedTemporaryFile("w", suffix=".json")  # kept until the next one
        json.dump(self.tools, self._file)
        self._file.flush()
        return self._file.name

    def replies(self, ids, starts, stop):
        made = []
        for start in starts:
            words = [self.command, "generate", self.path, "--ids-file", "-", "-n", "160", "--greedy", "--stop"]
            words += ["--threads", "1", "--print", "ids"]
            if self.armed and self.tools is not None:
                words += ["--tools", self._tools_file()]
            given = " ".join(str(token) for token in ids[:start])
            done = subprocess.run(words, input=given, capture_output=True, text=True, check=True)
            reply = [int(token) for token in done.stdout.split()]
            made.append(reply[: reply.index(stop)] if stop in reply else reply)
        return made


def prompts_of(encoder, made):
    """Ids of what each of the assistant's turns answers: the true history, rendered as a host would render it."""
    return [
        encoder.ids(encoder.renderer.text(made.messages[:place], made.tools, add_generation_prompt=True))
        for place in made.expected
    ]


def replies_of(engine, encoder, made):
    """(what was wanted, what the engine says) for each of the assistant's turns, as texts."""
    decode = lambda ids: encoder.tokenizer.decode(ids, skip_special_tokens=False)
    ids = encoder.encode(made)[0].tolist()
    spans = reply_spans(ids, encoder.header, encoder.end)
    prompts = prompts_of(encoder, made)
    # A prompt that ends with a tool's answer is no beginning of the whole (corpus.as_if_last).
    shared = [number for number, (start, _) in enumerate(spans) if prompts[number] == ids[:start]]
    replies = dict(zip(shared, engine.replies(ids, [spans[number][0] for number in shared], encoder.end)))
    for number, prompt in enumerate(prompts):
        if number not in replies:
            replies[number] = engine.replies(prompt, [len(prompt)], encoder.end)[0]
    return [(decode(ids[start:stop]), decode(replies[number])) for number, (start, stop) in enumerate(spans)]


_engine = _encoder = None


def _start(options):
    global _engine, _encoder
    torch.set_num_threads(options.threads)
    folder = options.weights.is_dir()
    if options.talaria:
        _engine = TalariaEngine(options.weights, options.talaria, options.armed)
    else:
        _engine = TransformersEngine(options.weights, options.dtype) if folder else PocketEngine(options.weights)
    _encoder = Encoder(Tokenizer.from_file(str(options.tokenizer)))


def _reply(options, index):
    made = conversation(options.seed, index, options.values, options.phrases)
    _engine.tools = made.tools
    return replies_of(_engine, _encoder, made)


def evaluate(options):
    """(score, what speaks); by *options.processes* processes."""
    score = Score()
    _start(options)
    indices = range(options.count)
    if options.processes > 1:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        pool = multiprocessing.get_context("fork").Pool(options.processes, _start, (options,))
        texts = pool.map(functools.partial(_reply, options), indices, chunksize=1)
    else:
        texts = [_reply(options, index) for index in indices]
    for index, pairs in zip(indices, texts):
        made = conversation(options.seed, index, options.values, options.phrases)
        for (place, expected), (wanted, reply) in zip(made.expected.items(), pairs):
            score.reply(expected, wanted, reply, made.tools is not None, made.messages[place - 1]["content"])
    return score, _engine.about


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "weights", type=pathlib.Path, help="a checkpoint or average of train.py, or an exported folder"
    )
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True, help="tokenizer.json")
    parser.add_argument("--count", type=int, default=200, help="conversations")
    parser.add_argument("--seed", default="evaluation")
    parser.add_argument("--values", choices=("trained", "held_out"), default="held_out")
    parser.add_argument("--phrases", choices=("trained", "held_out"), default="trained")
    parser.add_argument("--dtype", default="float32", help="for an exported folder")
    parser.add_argument("--talaria", type=pathlib.Path, help="this command speaks, for an exported folder")
    parser.add_argument("--armed", action="store_true", help="with --talaria: calls are held to a grammar")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--misses", type=int, default=0, help="print so many replies that missed")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    score, about = evaluate(options)
    print(
        "{}: {} conversations, values {}, phrasings {}".format(
            about, options.count, options.values, options.phrases
        )
    )
    for measure, (rate, total) in score.rates().items():
        print("  {:5.1f}%  {:5d}  {}".format(100 * rate, total, measure))
    for miss in score.misses[: options.misses]:
        print(json.dumps(miss, ensure_ascii=False))


if __name__ == "__main__":
    main()
