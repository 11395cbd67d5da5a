#!/usr/bin/env python3
"""The 405B's own shapes in 191 sparse shards: opened and planned, and refused for lack of memory by name.

Usage: large_plan.py TALARIA
"""

import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time

CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "vocab_size": 128256,
    "hidden_size": 16384, "intermediate_size": 53248, "num_hidden_layers": 126, "num_attention_heads": 128,
    "num_key_value_heads": 8, "max_position_embeddings": 131072, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
    "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                     "original_max_position_embeddings": 8192, "rope_type": "llama3"},
    "tie_word_embeddings": False, "attention_bias": False, "mlp_bias": False, "torch_dtype": "bfloat16",
    "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009],
}
SHARDS = 191
BYTES = 811_706_777_600  # 405,853,388,800 parameters of two bytes


def tensors():
    """Name and shape of every tensor of the model, in file order."""
    hidden, inner, vocabulary = CONFIG["hidden_size"], CONFIG["intermediate_size"], CONFIG["vocab_size"]
    keys = CONFIG["num_key_value_heads"] * 128
    yield "model.embed_tokens.weight", [vocabulary, hidden]
    for layer in range(CONFIG["num_hidden_layers"]):
        name = f"model.layers.{layer}."
        yield name + "self_attn.q_proj.weight", [hidden, hidden]
        yield name + "self_attn.k_proj.weight", [keys, hidden]
        yield name + "self_attn.v_proj.weight", [keys, hidden]
        yield name + "self_attn.o_proj.weight", [hidden, hidden]
        yield name + "mlp.gate_proj.weight", [inner, hidden]
        yield name + "mlp.up_proj.weight", [inner, hidden]
        yield name + "mlp.down_proj.weight", [hidden, inner]
        yield name + "input_layernorm.weight", [hidden]
        yield name + "post_attention_layernorm.weight", [hidden]
    yield "model.norm.weight", [hidden]
    yield "lm_head.weight", [vocabulary, hidden]


def elements(shape):
    count = 1
    for extent in shape:
        count *= extent
    return count


def write(folder):
    """The checkpoint with weights that are holes in sparse files."""
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(CONFIG, file)
    everything = list(tensors())
    weight_map = {}
    for shard in range(SHARDS):
        part = everything[shard * len(everything) // SHARDS:(shard + 1) * len(everything) // SHARDS]
        name = f"model-{shard + 1:05d}-of-{SHARDS:05d}.safetensors"
        header, offset = {}, 0
        for tensor, shape in part:
            end = offset + 2 * elements(shape)
            header[tensor] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, end]}
            weight_map[tensor] = name
            offset = end
        text = json.dumps(header).encode()
        with open(os.path.join(folder, name), "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            file.truncate(8 + len(text) + offset)
    index = {"metadata": {"total_size": BYTES}, "weight_map": weight_map}
    with open(os.path.join(folder, "model.safetensors.index.json"), "w", encoding="utf-8") as file:
        json.dump(index, file)


def main():
    talaria = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        try:
            write(folder)
        except OSError as error:
            print(f"SKIPPED: no sparse files here: {error}")
            return 77
        failed = False
        for arguments, wanted in ((["inspect"], 0), (["inspect", "--load"], 1)):
            start = time.monotonic()
            done = subprocess.run([talaria, *arguments, folder], capture_output=True, text=True, check=False)
            print(f"{' '.join(arguments)}: {time.monotonic() - start:.3f} s, exit status {done.returncode}")
            print((done.stdout if wanted == 0 else done.stderr)[-700:].rstrip())
            failed |= done.returncode != wanted
            if wanted == 0:
                failed |= str(BYTES) not in done.stdout or f"{SHARDS} file(s)" not in done.stdout
            else:
                # BF16 stays BF16, but norms are kept as floats: a little more than in the files. What the machine
                # has is another such number.
                sizes = [int(size) for size in re.findall(r"\((\d+) bytes\)", done.stderr)]
                failed |= len(sizes) != 2 or not BYTES < sizes[0] < 1.0001 * BYTES or not 0 < sizes[1] < sizes[0]
                failed |= "RESOURCE_EXHAUSTED" not in done.stderr or done.stderr.count("\n") != 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
