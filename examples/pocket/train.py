"""Trains Pocket on the endless corpus. Resumes from its folder: weights, optimisers, average and place in the
stream.

A GPU is used where there is one, in BF16. On a CPU, FP32 is the default: BF16 pays only where the processor
has instructions for it (--precision bf16).
"""

import argparse
import collections
import contextlib
import copy
import json
import multiprocessing
import pathlib
import signal
import time

import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from corpus import Encoder, Windows
from model import Config, Pocket
from muon import Muon

CONTEXT_STRIDE = 4
_encoder = None


def _start_worker(tokenizer_path):
    global _encoder
    torch.set_num_threads(1)
    _encoder = Encoder(Tokenizer.from_file(tokenizer_path))


def _make_window(windows, index):
    return windows.batches(_encoder, index)


def window_source(windows, tokenizer_path, first, workers):
    """Yields (index, batches) from window *first* on, in order; *workers* processes make them ahead of time.
    """
    if workers == 0:
        encoder = Encoder(Tokenizer.from_file(tokenizer_path))
        while True:
            yield first, windows.batches(encoder, first)
            first += 1
    with multiprocessing.get_context("spawn").Pool(workers, _start_worker, (tokenizer_path,)) as pool:
        pending = collections.deque()
        ahead = first
        while True:
            while len(pending) < 3 * workers:
                pending.append(pool.apply_async(_make_window, (windows, ahead)))
                ahead += 1
            yield first, pending.popleft().get()
            first += 1


class Trainer:
    def __init__(self, options):
        self.options = options
        self.folder = options.folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(options.seed)
        tokenizer = Tokenizer.from_file(str(options.tokenizer))
        # A multiple of 32 suits every kernel; the spare rows are never a target.
        vocab_size = -(-tokenizer.get_vocab_size() // 32) * 32
        config = Config(vocab_size=vocab_size, num_hidden_layers=options.layers)
        self.model = Pocket(config).to(self.device)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        matrices = [p for name, p in self.model.named_parameters() if p.ndim == 2 and "embed" not in name]
        others = [p for name, p in self.model.named_parameters() if p.ndim != 2 or "embed" in name]
        self.optimizers = [
            Muon(matrices, lr=options.matrix_rate, weight_decay=0.01),
            torch.optim.Adam(others, lr=options.vector_rate, betas=(0.9, 0.98), eps=1e-9),
        ]
        self.rates = [options.matrix_rate, options.vector_rate]
        self.step = self.tokens = self.window = self.batch = 0
        self.started = time.monotonic()
        self.stopping = False  # set by SIGTERM: the state is saved after the step in progress

    # State.

    def save(self, name="checkpoint.pt"):
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "tokens": self.tokens,
            "window": self.window,
            "batch": self.batch,
            "seed": self.options.seed,
            "batch_tokens": self.options.batch_tokens,
        }
        partial = self.folder / (name + ".partial")
        torch.save(state, partial)
        partial.replace(self.folder / name)

    def resume(self):
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"]):
            optimizer.load_state_dict(saved)
        self.step, self.tokens = state["step"], state["tokens"]
        self.window, self.batch = state["window"], state["batch"]
        same_stream = (state["seed"], state["batch_tokens"]) == (self.options.seed, self.options.batch_tokens)
        if not same_stream:
            # Other batches: the place inside a window has no meaning there, the window itself has.
            self.window, self.batch = self.window + 1, 0

    def save_average(self):
        path = self.folder / "average-{:04.1f}M.pt".format(self.tokens / 1e6)
        torch.save({"model": self.average.state_dict(), "tokens": self.tokens, "step": self.step}, path)

    # Steps.

    def progress(self):
        """How much of the run is done, in [0, 1]: by tokens, or by this process's time if that ends sooner.
        """
        by_time = (time.monotonic() - self.started) / self.options.seconds if self.options.seconds else 0.0
        return min(1.0, max(self.tokens / self.options.tokens, by_time))

    def rate_factor(self):
        """Warms up over the first steps; falls to 0 over the last *decay_share* of the run."""
        warm = min(1.0, (self.step + 1) / self.options.warmup)
        return warm * min(1.0, (1 - self.progress()) / self.options.decay_share)

    def train_on(self, ids, weights):
        """One step; returns (loss on what the assistant writes, loss on the rest)."""
        ids = torch.from_numpy(ids).to(self.device)
        weights = torch.from_numpy(weights).to(self.device)[:, 1:].flatten()
        # The output head is a fifth of the work: of what the assistant need not write, only every fourth
        # token is predicted, for four times its weight.
        spoken, context = weights == 1, (weights > 0) & (weights < 1)
        context = context & (
            torch.arange(len(weights), device=self.device) % CONTEXT_STRIDE == self.step % CONTEXT_STRIDE
        )
        chosen = (spoken | context).nonzero().squeeze(1)
        used = torch.where(spoken, weights, weights * CONTEXT_STRIDE)[chosen]
        narrow = self.options.precision == "bf16" or self.device == "cuda"
        cast = torch.autocast(self.device, dtype=torch.bfloat16) if narrow else contextlib.nullcontext()
        with cast:
            logits = self.model.logits(self.model(ids[:, :-1]).flatten(0, 1)[chosen])
        losses = F.cross_entropy(logits.float(), ids[:, 1:].flatten()[chosen], reduction="none")
        (losses * used).sum().div(used.sum()).backward()
        factor = self.rate_factor()
        for optimizer, rate in zip(self.optimizers, self.rates):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += int((weights > 0).sum())
        # Averages over about the last 1/16 of the run, at most 300 steps.
        keep = 1 - 1 / min(300, 1 + self.step / 16)
        with torch.no_grad():
            for average, parameter in zip(self.average.parameters(), self.model.parameters()):
                average.lerp_(parameter, 1 - keep)
        said = used == 1
        return losses[said].mean().item(), losses[~said].mean().item()

    def run(self):
        options = self.options
        windows = Windows(options.seed, options.batch_tokens, size=max(192, options.batch_tokens // 16))
        log = open(self.folder / "log.jsonl", "a", buffering=1)
        saved = reported = time.monotonic()
        milestone = self.tokens // options.average_every
        history, reported_tokens = [], self.tokens
        for index, batches in window_source(windows, str(options.tokenizer), self.window, options.workers):
            for number in range(self.batch if index == self.window else 0, len(batches)):
                while options.pause_file and options.pause_file.exists() and not self.stopping:
                    time.sleep(1)
                history.append(self.train_on(*batches[number]))
                self.window, self.batch = index, number + 1
                now = time.monotonic()
                if self.step % options.log_every == 0:
                    spoken, context = (sum(values) / len(history) for values in zip(*history))
                    pace = (self.tokens - reported_tokens) / (now - reported)
                    log.write(
                        json.dumps(
                            {
                                "step": self.step,
                                "tokens": self.tokens,
                                "assistant_loss": round(spoken, 4),
                                "context_loss": round(context, 4),
                                "window": index,
                                "tokens_per_second": round(pace),
                            }
                        )
                        + "\n"
                    )
                    history, reported, reported_tokens = [], now, self.tokens
                if now - saved > options.save_seconds:
                    self.save()
                    saved = now
                if self.tokens // options.average_every > milestone:
                    milestone = self.tokens // options.average_every
                    self.save_average()
                if self.progress() >= 1 or self.stopping:
                    self.save()
                    self.save_average()
                    return
            self.window, self.batch = index + 1, 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "folder", type=pathlib.Path, help="checkpoints and log; resumed from where it holds one"
    )
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True, help="tokenizer.json")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tokens", type=float, default=60e6, help="stop after so many in all")
    parser.add_argument(
        "--seconds", type=float, default=0, help="stop after so many of this process; 0: no limit"
    )
    parser.add_argument(
        "--decay-share", type=float, default=0.25, help="the last part of the run, in which rates fall to 0"
    )
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--matrix-rate", type=float, default=0.02)
    parser.add_argument("--vector-rate", type=float, default=3e-3)
    parser.add_argument("--warmup", type=int, default=40, help="steps")
    parser.add_argument(
        "--precision", choices=("fp32", "bf16"), default="fp32", help="on a CPU; a GPU computes in bf16"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=0, help="processes that make the corpus; 0: this one")
    parser.add_argument("--save-seconds", type=float, default=240)
    parser.add_argument(
        "--average-every", type=int, default=1000000, help="tokens between averages that are kept"
    )
    parser.add_argument("--log-every", type=int, default=10, help="steps")
    parser.add_argument("--pause-file", type=pathlib.Path, help="no step is made while this file exists")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    trainer = Trainer(options)
    trainer.resume()
    signal.signal(signal.SIGTERM, lambda *_: setattr(trainer, "stopping", True))
    trainer.run()


if __name__ == "__main__":
    main()
