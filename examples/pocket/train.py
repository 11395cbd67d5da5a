"""Trains Pocket on the endless corpus. Resumes from its folder: weights, optimisers, average and place in the
stream.

A GPU is used where there is one, in BF16. On a CPU, FP32 is the default: BF16 pays only where the processor
has instructions for it (--precision bf16).
"""

import argparse
import collections
import contextlib
import copy
import itertools
import json
import multiprocessing
import os
import pathlib
import signal
import time

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from corpus import Encoder, Windows
from model import Config, Layer, Pocket
from muon import Muon

_encoder = None


def _start_worker(tokenizer_path):
    global _encoder
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch.set_num_threads(1)
    _encoder = Encoder(Tokenizer.from_file(tokenizer_path))


def _make_window(windows, index):
    return windows.batches(_encoder, index)


def start_workers(options):
    """Processes that make the corpus. They are forked before anything of CUDA is, and never touch it."""
    if options.workers == 0:
        return None
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    return multiprocessing.get_context("fork").Pool(options.workers, _start_worker, (str(options.tokenizer),))


def window_source(windows, options, pool, first):
    """Yields (index, batches) from window *first* on, in order; the pool makes them ahead of time."""
    if pool is None:
        encoder = Encoder(Tokenizer.from_file(str(options.tokenizer)))
        while True:
            yield first, windows.batches(encoder, first)
            first += 1
    pending = collections.deque()
    ahead = first
    while True:
        while len(pending) < 3 * options.workers:
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
        self.compiled = False
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        matrices = [p for name, p in self.model.named_parameters() if p.ndim == 2 and "embed" not in name]
        others = [p for name, p in self.model.named_parameters() if p.ndim != 2 or "embed" in name]
        self.optimizers = [
            Muon(matrices, lr=options.matrix_rate, weight_decay=0.01),
            torch.optim.Adam(
                others, lr=options.vector_rate, betas=(0.9, 0.98), eps=1e-9, fused=self.device == "cuda"
            ),
        ]
        self.rates = [options.matrix_rate, options.vector_rate]
        self.step = self.tokens = self.window = self.batch = 0
        self.losses = []  # of the steps since the last report, on the device
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
        """How much of the run is done, in [0, 1]: by tokens, or by this process's time if that is
        sooner."""
        by_time = (time.monotonic() - self.started) / self.options.seconds if self.options.seconds else 0.0
        return min(1.0, max(self.tokens / self.options.tokens, by_time))

    def rate_factor(self):
        """Warms up over the first steps; falls to 0 over the last *decay_share* of the run."""
        warm = min(1.0, (self.step + 1) / self.options.warmup)
        return warm * min(1.0, (1 - self.progress()) / self.options.decay_share)

    def compile(self):
        """Layers run compiled: one program for all of them, any batch and any length."""
        self.compiled = True
        self.model.apply_layer = torch.compile(Layer.forward, dynamic=True)

    def interpret(self):
        self.compiled = False
        self.model.apply_layer = Layer.forward

    def loss(self, batch):
        """(what is minimised, [loss on what the assistant writes, loss on the rest])."""
        on_device = lambda array: torch.from_numpy(array).to(self.device, non_blocking=True)
        ids = on_device(batch.ids.astype(np.int32)).long()
        places, weights = on_device(batch.places).long(), on_device(batch.weights)
        spoken = on_device(batch.spoken).float()
        narrow = self.options.precision == "bf16" or self.device == "cuda"
        cast = torch.autocast(self.device, dtype=torch.bfloat16) if narrow else contextlib.nullcontext()
        with cast:
            logits = self.model.logits(self.model(ids).flatten(0, 1)[places])
        losses = F.cross_entropy(logits.float(), ids.flatten()[places + 1], reduction="none")
        with torch.no_grad():
            said = (losses * spoken).sum() / spoken.sum()
            rest = (losses * (1 - spoken)).sum() / (1 - spoken).sum()
        return (losses * weights).sum() / weights.sum(), torch.stack((said, rest))

    def backward(self, batch):
        try:
            loss, parts = self.loss(batch)
            loss.backward()
        except Exception as error:
            if not self.compiled:
                raise
            print("compiled layers failed, going on without: {}".format(repr(error)[:500]), flush=True)
            self.interpret()
            for optimizer in self.optimizers:
                optimizer.zero_grad(set_to_none=True)
            loss, parts = self.loss(batch)
            loss.backward()
        return parts

    def pace(self, batches):
        """Tokens per second, forward and backward; nothing is changed."""
        wait = torch.cuda.synchronize if self.device == "cuda" else lambda: None
        for batch in batches:
            self.backward(batch)
        wait()
        began = time.monotonic()
        for batch in batches:
            self.backward(batch)
        wait()
        elapsed = time.monotonic() - began
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        return sum(batch.tokens for batch in batches) / elapsed

    def choose_pace(self, batches):
        """Compiles the layers if that is quicker on these batches."""
        plain = self.pace(batches)
        began = time.monotonic()
        self.compile()
        compiled = self.pace(batches)
        print(
            "{:.0f} tokens/s as they are, {:.0f} compiled in {:.0f} s".format(
                plain, compiled if self.compiled else 0, time.monotonic() - began
            ),
            flush=True,
        )
        if self.compiled and compiled < plain:
            self.interpret()

    def train_on(self, batch):
        """One step; its losses are added to self.losses."""
        self.losses.append(self.backward(batch))
        factor = self.rate_factor()
        for optimizer, rate in zip(self.optimizers, self.rates):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += batch.tokens
        # Averages over about the last 1/16 of the run, at most 300 steps.
        keep = 1 - 1 / min(300, 1 + self.step / 16)
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - keep)

    def report(self, log, window, elapsed, tokens):
        spoken, context = torch.stack(self.losses).mean(0).tolist()
        self.losses = []
        line = {
            "step": self.step,
            "tokens": self.tokens,
            "assistant_loss": round(spoken, 4),
            "context_loss": round(context, 4),
            "window": window,
            "tokens_per_second": round(tokens / elapsed),
            "seconds": round(time.monotonic() - self.started),
        }
        log.write(json.dumps(line) + "\n")
        if self.options.verbose:
            print(json.dumps(line), flush=True)

    def run(self, pool):
        options = self.options
        windows = Windows(options.seed, options.batch_tokens, size=max(192, options.batch_tokens // 32))
        log = open(self.folder / "log.jsonl", "a", buffering=1)
        source = window_source(windows, options, pool, self.window)
        if options.compile == "always" or (options.compile == "auto" and self.device == "cuda"):
            first = next(source)
            self.choose_pace(first[1][:4])
            source = itertools.chain((first,), source)
        saved = reported = time.monotonic()
        milestone = self.tokens // options.average_every
        reported_tokens = self.tokens
        for index, batches in source:
            for number in range(self.batch if index == self.window else 0, len(batches)):
                while options.pause_file and options.pause_file.exists() and not self.stopping:
                    time.sleep(1)
                self.train_on(batches[number])
                self.window, self.batch = index, number + 1
                if self.step % options.log_every == 0:
                    now = time.monotonic()
                    self.report(log, index, now - reported, self.tokens - reported_tokens)
                    reported, reported_tokens = time.monotonic(), self.tokens
                if time.monotonic() - saved > options.save_seconds:
                    self.save()
                    saved = time.monotonic()
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
    parser.add_argument("--layers", type=int, default=8)
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
    parser.add_argument(
        "--compile", choices=("auto", "always", "never"), default="auto", help="auto: on a GPU, if quicker"
    )
    parser.add_argument("--verbose", action="store_true", help="print the log too")
    options = parser.parse_args()
    pool = start_workers(options)
    torch.set_num_threads(options.threads)
    trainer = Trainer(options)
    trainer.resume()
    signal.signal(signal.SIGTERM, lambda *_: setattr(trainer, "stopping", True))
    trainer.run(pool)
    if pool:
        pool.terminate()


if __name__ == "__main__":
    main()
