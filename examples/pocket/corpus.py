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
CONTEXT_WEIGHT = 0.1  # of the loss on tokens that the model does not have to write


def conversation(seed, index, values="trained", phrases="trained"):
    rng = random.Random("{}:{}".format(seed, index))
    draw = Draw(rng, values, phrases)
    kind = rng.random()
    if kind < 0.62:
        return Composer(draw).with_tools(
            turns=rng.randint(3, 8), tool_count=rng.choice((1, 1, 2, 2, 2, 3, 3, 4))
        )
    if kind < 0.93:
        return Composer(draw).without_tools(turns=rng.randint(3, 7))
    return json_conversation(draw, turns=rng.randint(1, 4))


class Encoder:
    """Conversations to (ids, weights), one weight per id: that of predicting it."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.renderer = Renderer()
        self.header = tokenizer.encode(ASSISTANT_HEADER, add_special_tokens=False).ids
        self.end = tokenizer.token_to_id("<|im_end|>")

    def encode(self, made):
        ids = self.tokenizer.encode(
            self.renderer.text(made.messages, made.tools), add_special_tokens=False
        ).ids
        weights = np.full(len(ids), CONTEXT_WEIGHT, dtype=np.float32)
        width, position = len(self.header), 0
        while position + width <= len(ids):
            if ids[position : position + width] != self.header:
                position += 1
                continue
            end = ids.index(self.end, position + width)
            weights[position + width : end + 1] = 1.0
            position = end + 1
        return np.array(ids, dtype=np.int32), weights


@dataclasses.dataclass(frozen=True)
class Windows:
    """Batches of conversations of like length, padded at the end; no conversation sees another.

    A window is *size* conversations, sorted by length and cut into batches of about *batch_tokens*.
    """

    seed: int
    batch_tokens: int
    size: int = 192
    max_length: int = 1100

    def batches(self, encoder, index):
        """The batches of window *index*: list of (ids [B, T], weights [B, T])."""
        first = index * self.size
        made = [encoder.encode(conversation(self.seed, number)) for number in range(first, first + self.size)]
        made = sorted(
            (pair for pair in made if len(pair[0]) <= self.max_length), key=lambda pair: len(pair[0])
        )
        batches = []
        while made:
            length = len(made[-1][0])
            count = max(1, self.batch_tokens // length)
            batches.append(pad(made[-count:], length))
            made = made[:-count]
        random.Random("order:{}:{}".format(self.seed, index)).shuffle(batches)
        return batches


def pad(pairs, length):
    ids = np.zeros((len(pairs), length), dtype=np.int64)
    weights = np.zeros((len(pairs), length), dtype=np.float32)
    for row, (tokens, loss_weights) in enumerate(pairs):
        ids[row, : len(tokens)] = tokens
        weights[row, : len(tokens)] = loss_weights
    return ids, weights


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
