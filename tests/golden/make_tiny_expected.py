#!/usr/bin/env python3
"""Runs PyTorch transformers in FP32 on a checkpoint and writes its expected.json.

    python3 make_tiny_expected.py CHECKPOINT_FOLDER

Needs torch, transformers and safetensors. Eager attention, one thread. For each prompt: the 32 largest logits at
several positions, the whole vector at the last one (base64 of little-endian float32), and 24 greedy tokens, each with
the margin between the best logit and the second: a margin below a few 1e-3 is too close to call. Greedy generation
ignores end tokens. rope_scaling_ignored_max_abs_diff is the error at the last position of a prompt when the
scaling is left out, which says what the prompt can prove.
"""
import base64
import copy
import hashlib
import json
import os
import struct
import sys

import torch
import transformers

PROMPTS = {"one": 1, "short": 9, "mid": 300}
POSITIONS = {"one": [0], "short": list(range(9)), "mid": [0, 1, 2, 100, 150, 298, 299]}
PROMPT_RULE = ("x0=LE_u32(sha256(tag)[:4])|1; repeat: x=(1664525*x+1013904223) mod 2^32; "
               "token=(x>>8)%vocab")


def prompt_ids(tag, count, vocab):
    x = struct.unpack("<I", hashlib.sha256(tag.encode()).digest()[:4])[0] | 1
    ids = []
    for _ in range(count):
        x = (1664525 * x + 1013904223) % 2**32
        ids.append((x >> 8) % vocab)
    return ids


def logits_of(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids]), use_cache=False).logits[0]


def greedy(model, ids, count):
    tokens, margins = [], []
    for _ in range(count):
        values, indices = logits_of(model, ids + tokens)[-1].topk(2)
        tokens.append(int(indices[0]))
        margins.append(float(f"{float(values[0] - values[1]):.4g}"))
    return tokens, margins


def load(folder, rope_scaling=True):
    config = transformers.AutoConfig.from_pretrained(folder)
    if not rope_scaling:
        config = copy.deepcopy(config)
        if getattr(config, "rope_parameters", None):
            config.rope_parameters = {"rope_type": "default", "rope_theta": config.rope_parameters["rope_theta"]}
        else:
            config.rope_scaling = None
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, config=config, dtype=torch.float32, attn_implementation="eager")
    return model.eval()


def main():
    folder = sys.argv[1].rstrip("/")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model, unscaled = load(folder), load(folder, rope_scaling=False)
    vocab = model.config.vocab_size
    prompts = {}
    for tag, count in PROMPTS.items():
        ids = prompt_ids(tag, count, vocab)
        logits = logits_of(model, ids)
        positions = {}
        for position in POSITIONS[tag]:
            values, indices = logits[position].topk(32)
            positions[str(position)] = {"idx": indices.tolist(),
                                        "logit": [float(f"{value:.7g}") for value in values.tolist()]}
        tokens, margins = greedy(model, ids, 24)
        prompts[tag] = {
            "tag": tag,
            "n": count,
            "ids_sha256_le_u32": hashlib.sha256(struct.pack(f"<{count}I", *ids)).hexdigest(),
            "positions": positions,
            "final_full_f32_b64": base64.b64encode(struct.pack(f"<{vocab}f", *logits[-1].tolist())).decode(),
            "logit_mean_abs": float(f"{float(logits.abs().mean()):.6g}"),
            "ids": ids,
            "greedy_24": tokens,
            "greedy_margin": margins,
            "rope_scaling_ignored_max_abs_diff":
                float(f"{float((logits_of(unscaled, ids)[-1] - logits[-1]).abs().max()):.4g}"),
        }
        print(tag, "smallest margin", min(margins), "rope scaling ignored",
              prompts[tag]["rope_scaling_ignored_max_abs_diff"])
    expected = {
        "name": os.path.basename(folder),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "compute": "fp32 CPU, eager attention, 1 thread",
        "prompt_rule": PROMPT_RULE,
        "prompts": prompts,
        "inv_freq": [float(f"{value:.9g}") for value in model.model.rotary_emb.inv_freq.tolist()],
    }
    with open(os.path.join(folder, "expected.json"), "w") as file:
        file.write(json.dumps(expected, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
