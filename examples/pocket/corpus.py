"""The corpus: an endless, seeded stream of conversations, and the same as token ids with loss weights.

Conversation i of a seed is made from (seed, i) alone, so that a run resumes at an index and several processes
may each take every n-th.
"""

import argparse
import dataclasses
import random

import numpy as np

from conversation import Composer
from json_mode import json_conversation
from lexicon import Draw
from render import Renderer

ASSISTANT_HEADER = "<|im_start|>assistant\n"
LONG_SHARE = 0.06  # of conversations that go on about three times as long
TOOL_END, TOOL_END_LAST = "\n</tool_response>\n<|im_end|>", "\n</tool_response><|im_end|>"
CONTEXT_STRIDE = 4
CONTEXT_WEIGHT = 0.1  # of the loss on tokens that the model does not have to write


def conversation(seed, index, values="trained", phrases="trained"):
    rng = random.Random("{}:{}".format(seed, index))
    draw = Draw(rng, values, phrases)
    kind = rng.random()
    is_long = rng.random() < LONG_SHARE
    if kind < 0.62:
        return Composer(draw).with_tools(
            turns=rng.randint(9, 18) if is_long else rng.randint(3, 8),
            tool_count=rng.choice((1, 1, 2, 2, 2, 3, 3, 4, 5)),
        )
    if kind < 0.93:
        return Composer(draw).without_tools(turns=rng.randint(8, 24) if is_long else rng.randint(3, 7))
    return json_conversation(draw, turns=rng.randint(1, 4))


class Encoder:
    """Conversations to (ids, weights), one weight per id: that of predicting it."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.renderer = Renderer()
        self.header = tokenizer.encode(ASSISTANT_HEADER, add_special_tokens=False).ids
        self.end = tokenizer.token_to_id("<|im_end|>")

    def ids(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def encode(self, made, rng=None):
        """With *rng*, half of the tools' answers are rendered as the last message of a prompt is."""
        text = self.renderer.text(made.messages, made.tools)
        if rng:
            text = as_if_last(text, rng)
        ids = self.ids(text)
        weights = np.full(len(ids), CONTEXT_WEIGHT, dtype=np.float32)
        width, position = len(self.header), 0
        while position + width <= len(ids):
            if ids[position : position + width] != self.header:
                position += 1
                continue
            end = ids.index(self.end, position + width)
            weights[position + width : end + 1] = 1.0
            position = end + 1
        return np.array(ids, dtype=np.uint16), weights


def as_if_last(text, rng):
    """The tool_use template ends a tool's answer with a line break, but not where it is the last message, as
    it is whenever a reply to it is wanted. Takes the break away from half of them."""
    head, *rest = text.split(TOOL_END)
    return head + "".join((TOOL_END_LAST if rng.random() < 0.5 else TOOL_END) + part for part in rest)


@dataclasses.dataclass(frozen=True)
class Batch:
    """Conversations of like length, padded at the end; no conversation sees another.

    The output head is a fifth of the work, so not every token is predicted: `places` are positions in the
    flattened ids whose next token is, `weights` count for the loss, `spoken` says which the assistant writes.
    """

    ids: np.ndarray  # [B, T] uint16
    places: np.ndarray  # [N] int32
    weights: np.ndarray  # [N] float32
    spoken: np.ndarray  # [N] bool
    tokens: int  # without the padding


@dataclasses.dataclass(frozen=True)
class Windows:
    """A window is *size* conversations, sorted by length and cut into batches of about *batch_tokens*."""

    seed: int
    batch_tokens: int
    size: int = 192
    max_length: int = 2048

    def batches(self, encoder, index):
        """The batches of window *index*."""
        rng = random.Random("window:{}:{}".format(self.seed, index))
        first = index * self.size
        made = [
            encoder.encode(conversation(self.seed, number), rng) for number in range(first, first + self.size)
        ]
        made = sorted(
            (pair for pair in made if len(pair[0]) <= self.max_length), key=lambda pair: len(pair[0])
        )
        ends = np.cumsum([len(ids) for ids, _ in made])
        count = max(1, round(ends[-1] / self.batch_tokens))
        part = np.minimum(ends * count // (ends[-1] + 1), count - 1)
        groups = [[made[row] for row in np.flatnonzero(part == number)] for number in range(count)]
        batches = [pad(group, rng.randrange(CONTEXT_STRIDE)) for group in groups if group]
        rng.shuffle(batches)
        return batches


def pad(pairs, offset):
    """A batch, its length a multiple of 64; of what the assistant need not write, each CONTEXT_STRIDE-th
    token is predicted, for as many times its weight."""
    length = -(-max(len(ids) for ids, _ in pairs) // 64) * 64
    ids = np.zeros((len(pairs), length), dtype=np.uint16)
    weights = np.zeros((len(pairs), length), dtype=np.float32)
    for row, (tokens, loss_weights) in enumerate(pairs):
        ids[row, : len(tokens)] = tokens
        weights[row, : len(tokens) - 1] = loss_weights[1:]
    weights = weights.reshape(-1)
    spoken = weights == 1
    context = (weights > 0) & ~spoken & (np.arange(len(weights)) % CONTEXT_STRIDE == offset)
    places = np.flatnonzero(spoken | context)
    said = spoken[places]
    used = np.where(said, np.float32(1), np.float32(CONTEXT_WEIGHT * CONTEXT_STRIDE))
    return Batch(ids, places.astype(np.int32), used, said, sum(len(tokens) for tokens, _ in pairs))


def main():
    parser = argparse.ArgumentParser(description="Prints conversations as text.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=3)
    parser.add_argument("--values", choices=("trained", "held_out"), default="trained")
    parser.add_argument("--phrases", choices=("trained", "held_out"), default="trained")
    options = parser.parse_args()
    renderer = Renderer()
    for index in range(options.first, options.first + options.count):
        made = conversation(options.seed, index, options.values, options.phrases)
        print(renderer.text(made.messages, made.tools))
        print("-" * 100)


if __name__ == "__main__":
    main()
