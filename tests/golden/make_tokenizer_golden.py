"""Makes tests/golden/tokenizer: a small vocabulary of the project's own and the ids that tiktoken and Hugging Face
tokenizers give with it.

    pip install tiktoken==0.14.0 tokenizers==0.23.3 regex==2026.11.15
    python3 tests/golden/make_tokenizer_golden.py

Reads texts.txt, written for this purpose, and writes beside it
  ranks.tiktoken   the vocabulary: 256 bytes and MERGES merges learned from texts.txt
  special.json     its added tokens
  tokenizer.json   the same vocabulary as Hugging Face writes it
  cases.jsonl      text -> ids by both libraries, which must agree
  variants.jsonl   changes to tokenizer.json, each with text -> ids by tokenizers alone: flags of added tokens, steps of
                   the pre-tokenizer, merges learned without ranks
Everything is drawn with fixed seeds; a second run writes the same bytes.
"""

import base64
import collections
import json
import pathlib
import random

import regex
import tiktoken
import tokenizers

FOLDER = pathlib.Path(__file__).resolve().parent / "tokenizer"
MERGES = 420
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIALS = [
    ("<|begin|>", True),
    ("<|end|>", True),
    ("<|start|>", True),
    ("<call>", False),
    ("</call>", False),
    ("<|end|>\n", True),
    ("§§", False),
    ("¶ mark", True),
]


def learn(text):
    """Byte-pair merges over the pieces of *text*, most frequent first, ties by bytes."""
    pieces = collections.Counter(tuple(bytes([b]) for b in p.encode()) for p in regex.findall(PATTERN, text))
    tokens = [bytes([b]) for b in range(256)]
    known = set(tokens)
    while len(tokens) < 256 + MERGES:
        pairs = collections.Counter()
        for piece, count in pieces.items():
            for pair in zip(piece, piece[1:]):
                pairs[pair] += count
        pair = min(pairs, key=lambda p: (-pairs[p], p))
        joined = pair[0] + pair[1]
        if joined not in known:
            tokens.append(joined)
            known.add(joined)
        merged = collections.Counter()
        for piece, count in pieces.items():
            out, i = [], 0
            while i < len(piece):
                if piece[i : i + 2] == pair:
                    out.append(joined)
                    i += 2
                else:
                    out.append(piece[i])
                    i += 1
            merged[tuple(out)] += count
        pieces = merged
    return tokens


def alphabet():
    """GPT-2's: the character of each byte."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    characters, following = {}, 256
    for byte in range(256):
        if byte in printable:
            characters[byte] = chr(byte)
        else:
            characters[byte] = chr(following)
            following += 1
    return characters


def tokenizer_json(tokens, added):
    """As transformers converts a rank file: every split of a token into two tokens is a merge, by rank and parts."""
    characters = alphabet()
    spelled = ["".join(characters[b] for b in token) for token in tokens]
    rank = {token: i for i, token in enumerate(tokens)}
    merges = []
    for token in tokens:
        splits = [(token[:i], token[i:]) for i in range(1, len(token))]
        splits = sorted((rank[a], rank[b]) for a, b in splits if a in rank and b in rank)
        merges += [[spelled[a], spelled[b]] for a, b in splits]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
            ],
        },
        "post_processor": {
            "type": "Sequence",
            "processors": [
                {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
                {
                    "type": "TemplateProcessing",
                    "single": [
                        {"SpecialToken": {"id": "<|begin|>", "type_id": 0}},
                        {"Sequence": {"id": "A", "type_id": 0}},
                    ],
                    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                    "special_tokens": {
                        "<|begin|>": {"id": "<|begin|>", "ids": [len(tokens)], "tokens": ["<|begin|>"]}
                    },
                },
            ],
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": True,
            "vocab": {s: i for i, s in enumerate(spelled)},
            "merges": merges,
        },
    }


def added_token(number, content, special, **flags):
    token = {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False}
    return {**token, "normalized": False, "special": special, **flags}


def texts(lines, draw, count):
    """Whole lines, cuts, and mixtures that no line holds."""
    whole = "\n".join(lines)
    spaces = [" ", "  ", "   ", "\n", "\r\n", "\t", "\n\n ", " \n", "\u00a0", "\u3000", "\u0085", "\u200b", "\u180e"]
    pieces = ["'s", "'S", "'ſ", "'t", "'LL", "'ve", "'x", "'", "’s", "1", "12", "1234", "½", "٣٤٥", "a", "Ab", "ſ", "é",
              "e\u0301", "中", "नी", "\U0001d7d8", "\u2160", "_", "-", "...", "()", "{}", "€", "🙂", "\u00ad", "\x00", "\x1f"]
    contents = [content for content, _ in SPECIALS]
    yield from lines
    for _ in range(count):
        begin = draw.randrange(len(whole))
        yield whole[begin : begin + draw.choice([1, 3, 10, 40, 200])]
    for _ in range(count):
        kinds = draw.choices([spaces, pieces, contents], [4, 6, 1], k=draw.randrange(1, 25))
        yield "".join(draw.choice(kind) for kind in kinds)
    for _ in range(count):
        yield "".join(draw.choice(contents + [" ", "\n", "x", "<", "|", "<|", "|>", "end", "<|end", "call>"])
                      for _ in range(draw.randrange(1, 10)))
    for run in (" ", "\n", "a", "ab", "'s", "1", "é", "中", "!", "\t", "the ", "🙂"):
        yield run * draw.choice([60, 200]) + draw.choice(["", "x", "\n", " "])


def load(document):
    return tokenizers.Tokenizer.from_str(json.dumps(document))


def ids_of(tokenizer, text, specials):
    tokenizer.encode_special_tokens = not specials
    return tokenizer.encode(text, add_special_tokens=False).ids


def write_lines(name, rows):
    with open(FOLDER / name, "w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def cases(tokens, added, document, lines):
    """Both libraries; tiktoken knows no token that is not special, so only maps where the two mean the same."""
    encoding = tiktoken.Encoding(
        "golden",
        pat_str=PATTERN,
        mergeable_ranks={token: i for i, token in enumerate(tokens)},
        special_tokens={token["content"]: token["id"] for token in added},
    )
    plain = {token["content"] for token in added if not token["special"]}
    tokenizer = load(document)
    for text in texts(lines, random.Random(4), 100):
        for specials in (True, False):
            ids = ids_of(tokenizer, text, specials)
            # tiktoken takes the first of two contents that begin at one place, not the longest.
            if "<|end|>\n" not in text:
                theirs = encoding.encode(text, allowed_special="all" if specials else plain, disallowed_special=())
                assert ids == theirs, (text, specials, ids, theirs)
            assert tokenizer.decode(ids, skip_special_tokens=False) == text or "\ufffd" in text or "§" in text or "¶" in text
            yield {"text": text, "allowed_special": "all" if specials else "none", "ids": ids}


def variants(document, lines):
    def changed(**changes):
        copy = json.loads(json.dumps(document))
        for key, value in changes.items():
            (copy["model"] if key in ("merges", "ignore_merges") else copy)[key] = value
        return copy

    size = len(document["model"]["vocab"])
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}

    def split(behavior, invert=False, **pattern):
        step = {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}
        return {"type": "Sequence", "pretokenizers": [step, byte_level]}

    changes = {"gpt2": {"pre_tokenizer": {**byte_level, "use_regex": True}, "ignore_merges": False}}
    # Only the first split of each token: the merges that training makes, without whole pieces.
    first, seen = [], set()
    for left, right in document["model"]["merges"]:
        if left + right not in seen:
            seen.add(left + right)
            first.append([left, right])
    changes["few merges"] = {"merges": first, "ignore_merges": False}
    changes["few merges, whole pieces"] = {"merges": first, "ignore_merges": True}
    for behavior in ("Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
        for invert in (False, True):
            name = f"{behavior}{' inverted' if invert else ''}"
            changes[name] = {"pre_tokenizer": split(behavior, invert, Regex=r"[aeiou]+|\s")}
        changes[behavior + " text"] = {"pre_tokenizer": split(behavior, String="e ")}
    changes["empty matches"] = {"pre_tokenizer": split("Isolated", Regex=r"(?=\p{Lu})|x*")}
    changes["word class"] = {"pre_tokenizer": split("Isolated", Regex=r"\w+|[^\w\s]+|\s+")}
    changes["script"] = {"pre_tokenizer": split("Isolated", Regex=r"\p{Han}+|\p{Cyrillic}+|\p{Nd}{2,3}")}
    changes["three steps"] = {
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                split("Isolated", Regex=r"\p{N}")["pretokenizers"][0],
                split("MergedWithNext", String=" ")["pretokenizers"][0],
                {**byte_level, "use_regex": True},
            ],
        }
    }
    flags = {
        "single word": {"single_word": True},
        "lstrip": {"lstrip": True},
        "rstrip": {"rstrip": True},
        "both strips": {"lstrip": True, "rstrip": True},
        "normalized": {"normalized": True},
        "all flags": {"lstrip": True, "rstrip": True, "single_word": True, "normalized": True},
    }
    for name, chosen in flags.items():
        contents = ["<|end|>", "end", "<call>", "he", "the", " gate", "\n", "<|end|>\n", "éé"]
        # One that is in the vocabulary keeps its id there; the others are numbered on, as tokenizers numbers them.
        vocab, added, following = document["model"]["vocab"], [], size
        for i, content in enumerate(contents):
            known = content in vocab
            chosen_here = chosen if i % 3 != 2 else {}
            added.append(added_token(vocab[content] if known else following, content, not known and i % 2 == 0, **chosen_here))
            following += not known
        changes["added: " + name] = {"added_tokens": added, "post_processor": None}
    for name, change in changes.items():
        tokenizer = load(changed(**change))
        rows = []
        for text in texts(lines[::5], random.Random(name), 24 if "added" in name else 12):
            for specials in (True, False) if "added" in name else (True,):
                rows.append([text, specials, ids_of(tokenizer, text, specials)])
        yield {"name": name, "changes": change, "cases": rows}


def main():
    lines = (FOLDER / "texts.txt").read_text(encoding="utf-8").splitlines()
    tokens = learn("\n".join(lines))
    added = [added_token(len(tokens) + i, content, special) for i, (content, special) in enumerate(SPECIALS)]
    document = tokenizer_json(tokens, added)
    with open(FOLDER / "ranks.tiktoken", "w", newline="\n") as file:
        for i, token in enumerate(tokens):
            file.write(f"{base64.b64encode(token).decode()} {i}\n")
    (FOLDER / "special.json").write_text(json.dumps(added, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (FOLDER / "tokenizer.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    write_lines("cases.jsonl", cases(tokens, added, document, lines))
    write_lines("variants.jsonl", variants(document, lines))


main()
