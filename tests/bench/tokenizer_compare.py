"""Times tokenizer_bench, tiktoken and Hugging Face tokenizers on the same texts, turn by turn, one thread each, in
processor time: what a library costs, also where others use the machine.

    pip install tiktoken tokenizers
    python3 tests/bench/tokenizer_compare.py build/release/tests/bench/tokenizer_bench RANKS TOKENIZER_JSON

RANKS and TOKENIZER_JSON are one vocabulary in both forms (Llama-3's, beside the project). Prints the median MB/s (10^6
bytes of text) and, for each library, how many times as fast this project is: the median over rounds of the ratio
within a round, so that a machine that changes pace between rounds does not decide.

Texts: prose is the licences that a Debian system carries, code Python's standard library, mixed the words of
tests/golden/tokenizer/texts.txt (30 languages and some code), halves of two of a line joined, so that most are new.
"""

import argparse
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import tiktoken  # noqa: E402
import tiktoken.load  # noqa: E402
import tokenizers  # noqa: E402

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
ROOT = pathlib.Path(__file__).resolve().parents[2]


def files(paths, limit):
    text = "".join(path.read_text(encoding="utf-8", errors="replace") for path in sorted(paths) if path.is_file())
    return text[:limit]


def texts(limit):
    lines = (ROOT / "tests/golden/tokenizer/texts.txt").read_text(encoding="utf-8").splitlines()
    draw = random.Random(1)
    mixed = []
    length = 0
    while length < limit:
        words = draw.choice(lines).split()
        for _ in range(12):
            begin, end = draw.choice(words), draw.choice(words)
            mixed.append(begin[: (len(begin) + 1) // 2] + end[len(end) // 2 :] + draw.choice("    \n"))
            length += len(mixed[-1])
    return {
        "prose": files(pathlib.Path("/usr/share/common-licenses").iterdir(), limit),
        "code": files(pathlib.Path(os.__file__).parent.glob("*.py"), limit),
        "mixed": "".join(mixed)[:limit],
    }


class Bench:
    def __init__(self, program, tokenizer):
        self.process = subprocess.Popen([program, tokenizer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.opened, _ = self.answer()

    def answer(self):
        nanoseconds, amount = self.process.stdout.readline().split()
        return int(nanoseconds) / 1e9, int(amount)

    def ask(self, command):
        print(command, file=self.process.stdin, flush=True)
        return self.answer()


def timed(function, *arguments):
    begin = time.process_time()
    result = function(*arguments)
    return time.process_time() - begin, result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("ranks")
    parser.add_argument("tokenizer_json")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--characters", type=int, default=1_000_000)
    arguments = parser.parse_args()
    ranks = tiktoken.load.load_tiktoken_bpe(arguments.ranks)
    theirs = tiktoken.Encoding("compared", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
    faces = tokenizers.Tokenizer.from_file(arguments.tokenizer_json)
    faces.encode_special_tokens = True
    ours = Bench(arguments.bench, arguments.tokenizer_json)
    print(f"opened tokenizer.json in {ours.opened * 1e3:.0f} ms")
    print(f"{'text':6} {'':7} {'MB/s':>8} {'tiktoken':>9} {'x':>6} {'tokenizers':>10} {'x':>6}")
    for name, text in texts(arguments.characters).items():
        data = text.encode()
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            ours.ask("text " + file.name)
        seconds = {"encode": [], "decode": [], "count": [], "stream": []}
        for _ in range(arguments.rounds):
            a, count = ours.ask("encode")
            b, ids = timed(theirs.encode_ordinary, text)
            c, encoding = timed(lambda: faces.encode(text, add_special_tokens=False))
            if count != len(ids) or ids != encoding.ids:
                sys.exit(f"{name}: the libraries differ")
            seconds["encode"].append((a, b, c))
            a, _ = ours.ask("decode")
            b, decoded = timed(theirs.decode, ids)
            c, _ = timed(faces.decode, ids)
            if decoded != text:
                sys.exit(f"{name}: decoded to something else")
            seconds["decode"].append((a, b, c))
            seconds["count"].append((ours.ask("count")[0],))
            seconds["stream"].append((ours.ask("stream")[0],))
        for what, rows in seconds.items():
            speeds = [len(data) / 1e6 / statistics.median(column) for column in zip(*rows)]
            ratios = [statistics.median(row[i] / row[0] for row in rows) for i in range(1, len(rows[0]))]
            line = f"{name:6} {what:7} {speeds[0]:8.1f}"
            for speed, ratio in zip(speeds[1:], ratios):
                line += f" {speed:9.2f} {ratio:6.1f}"
            print(line, flush=True)


main()
