"""Holds generated conversations with a model and prints them as Markdown: the user's lines are given, the
rest is its own.

Unlike in evaluate.py the model reads its own replies. What a tool answers is given too, wherever the model
calls.
"""

import argparse
import pathlib

import torch
from tokenizers import Tokenizer

from corpus import conversation
from evaluate import PocketEngine, TransformersEngine
from render import Renderer


class Talk:
    def __init__(self, engine, tokenizer):
        self.engine, self.tokenizer, self.renderer = engine, tokenizer, Renderer()
        self.end = tokenizer.token_to_id("<|im_end|>")

    def reply(self, messages, tools):
        text = self.renderer.text(messages, tools, add_generation_prompt=True)
        ids = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self.tokenizer.decode(
            self.engine.replies(ids, [len(ids)], self.end)[0], skip_special_tokens=False
        )

    def hold(self, made):
        """Yields (role, text) in turn; where the model calls unasked, its tool answers with an error."""
        messages = [made.messages[0]]
        for place, message in enumerate(made.messages[1:], start=1):
            if message["role"] != "user":
                continue
            messages.append(message)
            yield "user", message["content"]
            results = self._results(made.messages[place + 1 :])
            reply = self.reply(messages, made.tools)
            yield "assistant", reply
            messages.append({"role": "assistant", "content": reply})
            for _ in range(reply.count("<tool_call>")):
                content = results.pop(0) if results else '{"error": "not found"}'
                messages.append({"role": "tool", "content": content})
                yield "tool", content
            if messages[-1]["role"] == "tool":
                reply = self.reply(messages, made.tools)
                yield "assistant", reply
                messages.append({"role": "assistant", "content": reply})

    @staticmethod
    def _results(following):
        """What the tools answer before the user speaks again."""
        results = []
        for message in following:
            if message["role"] == "user":
                break
            if message["role"] == "tool":
                results.append(message["content"])
        return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "weights", type=pathlib.Path, help="a checkpoint or average of train.py, or an exported folder"
    )
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True, help="tokenizer.json")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", default="show")
    options = parser.parse_args()
    torch.set_num_threads(1)
    engine = (
        TransformersEngine(options.weights, "float32")
        if options.weights.is_dir()
        else PocketEngine(options.weights)
    )
    talk = Talk(engine, Tokenizer.from_file(str(options.tokenizer)))
    for index in range(options.count):
        made = conversation(options.seed, index, values="held_out")
        print("### {}\n".format(index + 1))
        if made.tools:
            print(
                "Tools: "
                + ", ".join(
                    "`{}` ({})".format(tool["function"]["name"], tool["function"]["description"])
                    for tool in made.tools
                )
                + "\n"
            )
        print("> " + made.messages[0]["content"].replace("\n", "\n> ") + "\n")
        print("```text")
        for role, text in talk.hold(made):
            print("{:>9}  {}".format(role, text.replace("\n", "\n" + " " * 11)))
        print("```\n")


if __name__ == "__main__":
    main()
