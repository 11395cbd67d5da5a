"""Trains Pocket's tokenizer and writes tokenizer.json and tokenizer_config.json as Hermes 3 has them.

Byte-level BPE behind Llama 3's splitting pattern. Two kinds of token stand beside the 256 bytes:
- merged: learnt from bare words (names, items, keys), never across a space, so that a name has the same
  pieces after a space and after a quotation mark, and copying it from one to the other is copying ids;
- whole: frequent pieces of the frame (" the", `": "`, " function"), in the vocabulary without any merge that
  leads to them. `ignore_merges`, which Llama 3 sets, gives them where they are a whole piece, and nowhere
  else: " Thelma" never begins with " The".

The two fixed texts of Hermes' tool prompt, before and after the tools, are one added token each: they are the
same in every conversation with tools, and as words they would be a fifth of it.
"""

import argparse
import collections
import json
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

import characters
import lexicon
import tools
from corpus import conversation
from render import BOS, Renderer, template_text

# meta-llama/llama-models, models/llama3/tokenizer.py.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = [BOS, "<|end_of_text|>", "<|eom_id|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>"]
PLAIN = [
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<tools>",
    "</tools>",
    "<schema>",
    "</schema>",
    "<scratch_pad>",
    "</scratch_pad>",
]


def fixed_texts():
    """What the tool_use template prints before the first tool and after the last, from the template itself.
    """
    empty = Renderer().text([], [])
    opening, closing = empty.split("<tools>  </tools>")
    head = opening[opening.index("You are") :] + "<tools> "
    return [head, " </tools>" + closing[: closing.rindex("<|im_end|>")]]


MERGED = 1300
WHOLE = 1500


def splitter():
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def slot_words():
    """Words that fill slots: none of them may become one token together with the space before it."""
    lists = (
        lexicon.KNOWN_NAMES,
        lexicon.PLACE_ENDINGS,
        lexicon.QUALITIES,
        lexicon.NOUNS,
        lexicon.PLURALS,
        lexicon.WEEKDAYS,
        lexicon.COLOURS,
        lexicon.SONG_HEADS,
        lexicon.DRINKS,
    )
    words = [word for words in lists for word in words]
    words += [word.strip("{}") for form in lexicon.PLACE_FORMS for word in form.split()]
    return {word.lower() for word in words if word} - {"the", "gold", "gate", "bell"}


def merge_corpus(seed):
    """Bare words to learn merges from: made-up ones above all, then those of slots, keys and tool names."""
    draw = lexicon.Draw(random.Random("merges:{}".format(seed)))
    for _ in range(6000):
        yield draw.word(1, 2)
        yield draw.word(1, 2).capitalize()
        yield draw.compound()
    known = sorted(slot_words()) + [name for name in lexicon.KNOWN_NAMES] + list(characters.ROLES)
    for action in tools.ACTIONS.values():
        known += [part for name in action.names for part in name.split("_")]
        known += [part for spec in action.slots.values() for key in spec.keys for part in key.split("_")]
    for word in known:
        for _ in range(25):
            yield word


def whole_pieces(seed, conversations, count):
    """The *count* most frequent pieces of the corpus and the templates that hold no slot's word."""
    split, renderer, slots = splitter(), Renderer(), slot_words()
    frequency = collections.Counter()
    for index in range(conversations):
        made = conversation("tokenizer:{}".format(seed), index)
        text = renderer.text(made.messages, made.tools)
        for token in fixed_texts() + SPECIAL + PLAIN:
            text = text.replace(token, "\n")
        frequency.update(piece for piece, _ in split.pre_tokenize_str(text))
    chosen = []
    for piece, _ in frequency.most_common():
        letters = piece.lstrip("\u0120\u010a_(\"'").lower()
        if len(piece) < 2 or piece.isdigit() or (piece[0] == "\u0120" and letters in slots):
            continue
        chosen.append(piece)
        if len(chosen) == count:
            break
    return chosen


def build(seed, conversations):
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = splitter()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    learner.train_from_iterator(
        merge_corpus(seed),
        trainers.BpeTrainer(
            vocab_size=256 + MERGED, initial_alphabet=sorted(alphabet), show_progress=False, min_frequency=8
        ),
    )
    learnt = json.loads(learner.to_str())["model"]
    vocabulary = dict(learnt["vocab"])
    for piece in whole_pieces(seed, conversations, WHOLE):
        vocabulary.setdefault(piece, len(vocabulary))
    merges = [
        tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ")) for merge in learnt["merges"]
    ]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=True))
    tokenizer.pre_tokenizer = splitter()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIAL])
    tokenizer.add_tokens(
        [AddedToken(text, special=False, normalized=False) for text in PLAIN + fixed_texts()]
    )
    bos = tokenizer.token_to_id(BOS)
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single=BOS + " $A", pair=BOS + " $A " + BOS + ":1 $B:1", special_tokens=[(BOS, bos)]
            ),
        ]
    )
    return tokenizer


def config(tokenizer):
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    added = {
        str(tokenizer.token_to_id(text)): {"content": text, **flags, "special": text in SPECIAL}
        for text in SPECIAL + PLAIN + fixed_texts()
    }
    return {
        "added_tokens_decoder": added,
        "bos_token": BOS,
        "eos_token": "<|im_end|>",
        "pad_token": "<|im_end|>",
        "chat_template": [
            {"name": "default", "template": template_text("hermes3_default")},
            {"name": "tool_use", "template": template_text("hermes3_tool_use")},
        ],
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        "model_max_length": 8192,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("out", type=pathlib.Path, help="folder to write to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--conversations", type=int, default=3000, help="how many to count pieces in")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer = build(options.seed, options.conversations)
    tokenizer.save(str(options.out / "tokenizer.json"))
    (options.out / "tokenizer_config.json").write_text(
        json.dumps(config(tokenizer), indent=2, ensure_ascii=False) + "\n"
    )
    print("{} tokens".format(tokenizer.get_vocab_size()))


if __name__ == "__main__":
    main()
