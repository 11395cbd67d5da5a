#!/usr/bin/env python3
"""Writes prompt.ids and expected.ids beside itself: the golden prompt "short" of tests/golden/tiny_kv4 and the tokens that
PyTorch transformers generated after it."""

import hashlib
import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
MODEL = os.path.join(HERE, "..", "..", "tests", "golden", "tiny_kv4")


def prompt_ids(tag, count, vocabulary):
    """The rule in expected.json: a linear congruential generator seeded by a hash of the tag."""
    state = struct.unpack("<I", hashlib.sha256(tag.encode()).digest()[:4])[0] | 1
    ids = []
    for _ in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        ids.append((state >> 8) % vocabulary)
    return ids


def write(name, ids):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        file.write(" ".join(map(str, ids)) + "\n")


def main():
    with open(os.path.join(MODEL, "config.json"), encoding="utf-8") as file:
        vocabulary = json.load(file)["vocab_size"]
    with open(os.path.join(MODEL, "expected.json"), encoding="utf-8") as file:
        golden = json.load(file)["prompts"]["short"]
    ids = prompt_ids(golden["tag"], golden["n"], vocabulary)
    digest = hashlib.sha256(struct.pack(f"<{len(ids)}I", *ids)).hexdigest()
    if digest != golden["ids_sha256_le_u32"]:
        raise SystemExit("the prompt's rule gives other ids than the golden's")
    if min(golden["greedy_margin"]) < 5e-3:
        raise SystemExit("a step of this prompt is too close to call")
    write("prompt.ids", ids)
    write("expected.ids", golden["greedy_24"])


if __name__ == "__main__":
    main()
