#!/usr/bin/env python3
"""Writes tests/golden/tiny_text: a very small Llama 3.1 checkpoint with a tokenizer, for tests of text.

    python3 make_text_checkpoint.py OUT_FOLDER

Weights are made as make_tiny_checkpoint.py makes them; the tokenizer is that of tests/golden/tokenizer. Standard library
only, and the same bytes on every machine.
"""
import json
import os
import random
import shutil
import sys

import make_tiny_checkpoint as tiny

SEED = 5
HERE = os.path.dirname(os.path.abspath(__file__))
CHANGES = {
    "bos_token_id": 676,
    "eos_token_id": 677,
    "hidden_size": 32,
    "intermediate_size": 48,
    "max_position_embeddings": 1024,
    "num_attention_heads": 2,
    "num_hidden_layers": 1,
    "num_key_value_heads": 1,
    "vocab_size": 690,  # more than the tokenizer's ids: the last are padding, as in Hermes 3
}


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    tiny.CONFIG.update(CHANGES)
    uniform = random.Random(SEED).random
    entries = [(name, shape, tiny.bfloat16_bytes(shape, deviation, mean, uniform))
               for name, shape, deviation, mean in tiny.tensors()]
    tiny.write_shard(os.path.join(folder, "model.safetensors"), sorted(entries))
    with open(os.path.join(folder, "config.json"), "w") as file:
        file.write(json.dumps(tiny.CONFIG, indent=2) + "\n")
    shutil.copyfile(os.path.join(HERE, "tokenizer", "tokenizer.json"), os.path.join(folder, "tokenizer.json"))


if __name__ == "__main__":
    main()
