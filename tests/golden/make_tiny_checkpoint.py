#!/usr/bin/env python3
"""Writes tests/golden/tiny_kv4: a small, valid, sharded Llama 3.1 checkpoint with made-up weights.

    python3 make_tiny_checkpoint.py OUT_FOLDER

Standard library only, and the same bytes on every machine: a weight is a sum of uniform numbers from Python's
Mersenne Twister (its random() is fixed by the language), scaled and rounded to BF16. The shapes are chosen so that
mistakes show: 8 heads on 4 key/value heads (1, 2 and 4 ranks divide them), heads x head_dim (128) is not hidden_size
(96), one layer lies in both shards, and the rope scaling's original length (256) is short enough that each of its
three branches acts within a prompt of 300 tokens.
"""
import json
import math
import os
import random
import struct
import sys

SEED = 39  # of the seeds tried, no greedy margin below 0.019 and no end token among the greedy ones

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "head_dim": 16,
    "hidden_act": "silu",
    "hidden_size": 96,
    "initializer_range": 0.02,
    "intermediate_size": 144,
    "max_position_embeddings": 2048,
    "mlp_bias": False,
    "model_type": "llama",
    "num_attention_heads": 8,
    "num_hidden_layers": 3,
    "num_key_value_heads": 4,
    "pretraining_tp": 1,
    "rms_norm_eps": 1e-05,
    "rope_scaling": {
        "factor": 8.0,
        "high_freq_factor": 4.0,
        "low_freq_factor": 1.0,
        "original_max_position_embeddings": 256,
        "rope_type": "llama3",
    },
    "rope_theta": 500000.0,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "use_cache": True,
    "vocab_size": 200,
}

GENERATION_CONFIG = {
    "bos_token_id": 0,
    "do_sample": True,
    "eos_token_id": [1, 2],
    "temperature": 0.6,
    "top_p": 0.9,
}


def tensors():
    """(name, shape, standard deviation, mean) of each weight; scales keep logits of magnitude 1 to 2."""
    hidden, inner = CONFIG["hidden_size"], CONFIG["intermediate_size"]
    query = CONFIG["num_attention_heads"] * CONFIG["head_dim"]
    key = CONFIG["num_key_value_heads"] * CONFIG["head_dim"]
    yield "model.embed_tokens.weight", [CONFIG["vocab_size"], hidden], 0.8, 0
    for layer in range(CONFIG["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        yield prefix + "input_layernorm.weight", [hidden], 0.15, 1
        yield prefix + "self_attn.q_proj.weight", [query, hidden], 1.6 / math.sqrt(hidden), 0
        yield prefix + "self_attn.k_proj.weight", [key, hidden], 1.6 / math.sqrt(hidden), 0
        yield prefix + "self_attn.v_proj.weight", [key, hidden], 1 / math.sqrt(hidden), 0
        yield prefix + "self_attn.o_proj.weight", [hidden, query], 1 / math.sqrt(query), 0
        yield prefix + "post_attention_layernorm.weight", [hidden], 0.15, 1
        yield prefix + "mlp.gate_proj.weight", [inner, hidden], 1 / math.sqrt(hidden), 0
        yield prefix + "mlp.up_proj.weight", [inner, hidden], 1 / math.sqrt(hidden), 0
        yield prefix + "mlp.down_proj.weight", [hidden, inner], 1 / math.sqrt(inner), 0
    yield "model.norm.weight", [hidden], 0.15, 1
    yield "lm_head.weight", [CONFIG["vocab_size"], hidden], 2 / math.sqrt(hidden), 0


def bfloat16_bytes(shape, deviation, mean, uniform):
    """The weight's bytes: values mean + deviation * (sum of 4 uniforms, centred, of unit variance)."""
    scale = deviation / math.sqrt(4 / 12)
    out = bytearray()
    for _ in range(math.prod(shape)):
        value = mean + scale * (uniform() + uniform() + uniform() + uniform() - 2)
        bits = struct.unpack("<I", struct.pack("<f", value))[0]
        bits += 0x7FFF + ((bits >> 16) & 1)  # to nearest, ties to even
        out += struct.pack("<H", bits >> 16)
    return bytes(out)


def write_shard(path, entries):
    """One safetensors file: u64 length, JSON header padded with spaces to a multiple of 8, data without holes."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape, data in entries:
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, data in entries:
            file.write(data)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    uniform = random.Random(SEED).random
    made = [(name, shape, bfloat16_bytes(shape, deviation, mean, uniform))
            for name, shape, deviation, mean in tensors()]
    names = [name for name, _, _ in made]
    cut = names.index("model.layers.1.self_attn.o_proj.weight")
    weight_map = {}
    for number, entries in enumerate((made[:cut], made[cut:]), 1):
        shard = f"model-{number:05}-of-00002.safetensors"
        entries = sorted(entries)
        write_shard(os.path.join(folder, shard), entries)
        weight_map.update({name: shard for name, _, _ in entries})
    total = sum(len(data) for _, _, data in made)
    index = {"metadata": {"total_parameters": total // 2, "total_size": total},
             "weight_map": dict(sorted(weight_map.items()))}
    for name, value in (("config.json", CONFIG), ("generation_config.json", GENERATION_CONFIG),
                        ("model.safetensors.index.json", index)):
        with open(os.path.join(folder, name), "w") as file:
            file.write(json.dumps(value, indent=2) + "\n")


if __name__ == "__main__":
    main()
