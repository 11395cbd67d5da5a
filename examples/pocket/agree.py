"""Holds talaria's greedy tokens to those of Hugging Face transformers, over the conversations of evaluate.py.

    python agree.py ../../build/release/examples/cli/talaria model --tokenizer model/tokenizer.json

Each reply of talaria is given to transformers, in FP32 and in BF16: wherever its most likely next token is another than
talaria's, its margin, the distance of its two largest logits, has to be within the limit. So every token is compared,
also after a first one that was too close to call.
"""

import argparse
import multiprocessing
import pathlib

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, DynamicCache

from corpus import Encoder, conversation
from evaluate import TalariaEngine, prompts_of

LIMITS = {"float32": 5e-3, "bfloat16": 1e-2}


class Reader:
    """A model of transformers that reads what a text shares with the one before it only once."""

    def __init__(self, model):
        self.model, self.ids, self.cache = model, [], DynamicCache(config=model.config)

    @torch.inference_mode()
    def logits_after(self, prompt, reply):
        """A row for each token of *reply*: what *prompt* and the tokens before it lead to."""
        ids = prompt + reply[:-1]
        limit = min(len(self.ids), len(prompt) - 1)
        shared = next((at for at in range(limit) if self.ids[at] != ids[at]), limit)
        if shared < len(self.ids):
            self.cache.crop(shared - len(self.ids))
        logits = self.model(torch.tensor([ids[shared:]]), cache=self.cache).logits[0]
        self.ids = ids
        return logits[-len(reply) :].float()


class Agreement:
    """Tokens compared, and the margins of those that differ, also as shares of the largest logit's magnitude: BF16 has 8
    bits, so that two logits about 10 which are not equal differ by 0.06."""

    def __init__(self):
        self.tokens, self.margins, self.shares = 0, [], []

    def compare(self, reader, prompt, reply):
        logits = reader.logits_after(prompt, reply)
        best, ids = logits.topk(2, dim=-1)
        for row, token in enumerate(reply):
            self.tokens += 1
            if ids[row, 0] != token:
                self.margins.append((best[row, 0] - best[row, 1]).item())
                self.shares.append(self.margins[-1] / logits[row].abs().max().item())

    def line(self, limit):
        beyond = [margin for margin in self.margins if margin > limit]
        return "{} tokens, {} differ, {} of them by a margin above {:g}; largest {:.3g}, as a share {:.3g}".format(
            self.tokens, len(self.margins), len(beyond), limit, max(self.margins, default=0.0), max(self.shares, default=0.0)
        )


_options = _encoder = _talaria = None


def _start(options):
    global _options, _encoder, _talaria
    torch.set_num_threads(1)
    _options, _talaria = options, TalariaEngine(options.weights, options.talaria)
    _encoder = Encoder(Tokenizer.from_file(str(options.tokenizer)))


def _replies(index):
    made = conversation("evaluation", index, "held_out", _options.phrases)
    found = []
    for prompt in prompts_of(_encoder, made):
        reply = _talaria.replies(prompt, [len(prompt)], _encoder.end)[0]
        found.append((prompt, reply + [_encoder.end] * (len(reply) < 160)))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("talaria", type=pathlib.Path)
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--phrases", choices=("trained", "held_out"), default="trained")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with multiprocessing.get_context("spawn").Pool(options.processes, _start, (options,)) as pool:
        pairs = sum(pool.map(_replies, range(options.count), chunksize=1), [])
    failed = False
    for dtype, limit in LIMITS.items():
        model = AutoModelForCausalLM.from_pretrained(options.weights, dtype=dtype).eval()
        agreement, reader = Agreement(), Reader(model)
        for prompt, reply in pairs:
            agreement.compare(reader, prompt, reply)
        print("{}: {} replies, {}".format(dtype, len(pairs), agreement.line(limit)), flush=True)
        failed |= dtype == "float32" and any(margin > limit for margin in agreement.margins)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
