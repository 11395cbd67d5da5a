"""Writes a checkpoint as Hugging Face has it: BF16 safetensors in shards with an index, configs, tokenizer
files."""

import argparse
import json
import pathlib
import shutil

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from model import Config


def config_json(config, bos, eos):
    scaling = config.rope_scaling
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": bos,
        "eos_token_id": eos,
        "head_dim": config.head_dim,
        "hidden_act": "silu",
        "hidden_size": config.hidden_size,
        "initializer_range": 0.02,
        "intermediate_size": config.intermediate_size,
        "max_position_embeddings": config.max_position_embeddings,
        "mlp_bias": False,
        "num_attention_heads": config.num_attention_heads,
        "num_hidden_layers": config.num_hidden_layers,
        "num_key_value_heads": config.num_key_value_heads,
        "pretraining_tp": 1,
        "rms_norm_eps": config.rms_norm_eps,
        "rope_scaling": {
            "factor": scaling.factor,
            "high_freq_factor": scaling.high_freq_factor,
            "low_freq_factor": scaling.low_freq_factor,
            "original_max_position_embeddings": scaling.original_max_position_embeddings,
            "rope_type": "llama3",
        },
        "rope_theta": config.rope_theta,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "use_cache": True,
        "vocab_size": config.vocab_size,
    }


def shards_of(tensors, count):
    """Splits tensors, in order, into *count* parts of about equal bytes."""
    total = sum(tensor.nbytes for tensor in tensors.values())
    parts, filled = [{} for _ in range(count)], 0
    for name, tensor in tensors.items():
        parts[min(count - 1, filled * count // total)][name] = tensor
        filled += tensor.nbytes
    return parts


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def export(weights, tokenizer_folder, out, shard_count):
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(tokenizer_folder / "tokenizer.json"))
    config = Config.of(weights)
    tensors = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in weights.items()}
    weight_map = {}
    for number, part in enumerate(shards_of(tensors, shard_count), start=1):
        name = "model-{:05d}-of-{:05d}.safetensors".format(number, shard_count)
        save_file(part, out / name, metadata={"format": "pt"})
        (out / name).chmod(0o644)  # the writer leaves it to its owner alone
        weight_map.update(dict.fromkeys(part, name))
    total = sum(tensor.nbytes for tensor in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    write_json(out / "model.safetensors.index.json", index)
    named = ("<|begin_of_text|>", "<|im_end|>", "<|end_of_text|>")
    bos, end, end_of_text = (tokenizer.token_to_id(text) for text in named)
    write_json(out / "config.json", config_json(config, bos, end))
    generation = {
        "bos_token_id": bos,
        "do_sample": False,
        "eos_token_id": [end, end_of_text],
        "max_new_tokens": 256,
        "pad_token_id": end,
    }
    write_json(out / "generation_config.json", generation)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(tokenizer_folder / name, out / name)
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("weights", type=pathlib.Path, help="a checkpoint or average of train.py")
    parser.add_argument("out", type=pathlib.Path, help="folder to write")
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True, help="folder of tokenizer.json")
    parser.add_argument("--shards", type=int, default=2)
    options = parser.parse_args()
    state = torch.load(options.weights, map_location="cpu", weights_only=True)
    total = export(state.get("average") or state["model"], options.tokenizer, options.out, options.shards)
    print("{:.1f} MB of weights after {:.2f}M tokens".format(total / 1e6, state["tokens"] / 1e6))


if __name__ == "__main__":
    main()
