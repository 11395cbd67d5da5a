"""Runs llama.cpp's bench programs and `talaria bench` on the same weights, turn by turn, and prints both and their ratio.

    python3 tests/bench/llama_compare.py build/release/examples/cli/talaria LLAMA_BIN NAME=HF_FOLDER:GGUF ...

LLAMA_BIN holds llama-bench and llama-batched-bench, built for this machine. HF_FOLDER and GGUF are one model in both
forms and of one type (BF16). Cells: a prompt of 512 tokens, decoding 64, and 8 sequences together (tokens a second of
all). Each round runs every cell of both programs once, the first of the two by turns; a ratio is the median of the
rounds' ratios, so that a machine that changes pace between rounds does not decide. llama.cpp runs with flash attention.
"""

import argparse
import json
import os
import statistics
import subprocess


def lines(command, folder):
    environment = dict(os.environ, LD_LIBRARY_PATH=folder)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def llama(options, gguf, cell):
    threads = str(options.threads)
    if cell == "8 sequences":
        command = ["llama-batched-bench", "-m", gguf, "-t", threads, "-fa", "on", "-c", "2048", "-npp", "2"]
        command += ["-ntg", "32", "-npl", "8", "--output-format", "jsonl"]
    else:
        amounts = ["-p", "512", "-n", "0"] if cell == "prompt 512" else ["-p", "0", "-n", "64"]
        command = ["llama-bench", "-m", gguf, "-t", threads, "-fa", "1", "-r", "2", "-o", "jsonl", *amounts]
    command[0] = os.path.join(options.llama, command[0])
    found = lines(command, options.llama)[-1]
    return [found["speed_tg"]] if "speed_tg" in found else found["samples_ts"]


def talaria(options, folder, cell):
    amounts = {"prompt 512": ["-p", "512", "-n", "0"], "decode 64": ["-p", "0", "-n", "64"]}
    amounts["8 sequences"] = ["-p", "0", "-n", "32", "-b", "8", "-d", "2"]
    command = [options.talaria, "bench", folder, "-t", str(options.threads), "-r", "2", "--json", *amounts[cell]]
    found = lines(command, options.llama)[-1]
    return found["prompt_ts"] or found["decode_ts"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("talaria")
    parser.add_argument("llama")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cells", default="prompt 512,decode 64,8 sequences")
    options = parser.parse_args()
    cells = [(model, cell) for model in options.models for cell in options.cells.split(",")]
    figures = {cell: ([], [], []) for cell in cells}
    for turn in range(options.rounds):
        for model, cell in cells:
            folder, gguf = model.split("=", 1)[1].rsplit(":", 1)
            sides = [lambda: llama(options, gguf, cell), lambda: talaria(options, folder, cell)]
            medians = [0.0, 0.0]
            for side in (0, 1) if turn % 2 == 0 else (1, 0):
                found = sides[side]()
                figures[model, cell][side].extend(found)
                medians[side] = statistics.median(found)
            figures[model, cell][2].append(medians[1] / medians[0])
    print(f"{'model':10} {'cell':12} {'llama.cpp':>18} {'talaria':>18}   ratio (of {options.rounds} rounds)")
    for (model, cell), (left, right, ratios) in figures.items():
        ours, theirs = (f"{statistics.median(v):7.2f} [{min(v):.1f} {max(v):.1f}]" for v in (right, left))
        spread = f"{statistics.median(ratios):.2f} [{min(ratios):.2f} {max(ratios):.2f}]"
        print(f"{model.split('=')[0]:10} {cell:12} {theirs:>18} {ours:>18}   {spread}")


if __name__ == "__main__":
    main()
