#!/usr/bin/env python3
"""`talaria tokenize`, `detokenize`, `render` and `parse` as programs: a line in, a line out, in order, errors as lines.

Usage: text_lines.py TALARIA GOLDEN_FOLDER FIXTURES

The project's own goldens first: ids by PyPI tiktoken and tokenizers, texts by transformers. Then, where they are beside
the project, the fixtures over Meta's vocabulary: every case of tokenizer/public.jsonl and chat/public.jsonl, by native
code and by the checkpoint's own templates.
"""

import base64
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile

failures = []


def check(holds, *what):
    if not holds:
        failures.append(what)
        if len(failures) < 20:
            print("FAILED:", *(str(part)[:600] for part in what))


def answers(talaria, arguments, lines):
    """One answer a line, in order."""
    text = "".join(line + "\n" for line in lines)
    run = subprocess.run([talaria, *arguments], input=text.encode(), capture_output=True, check=False)
    out = run.stdout.decode("utf-8").split("\n")
    check(run.returncode == 0 and out[-1] == "" and len(out) == len(lines) + 1, arguments, run.returncode,
          f"{len(out) - 1} answers to {len(lines)} lines", run.stderr.decode("utf-8", "replace"))
    return [json.loads(line) for line in out[:-1]]


def rows_of(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def is_error(answer, code):
    return set(answer) == {"error"} and answer["error"]["code"] == code and answer["error"]["message"]


def own_tokenizer(talaria, golden):
    folder = os.path.join(golden, "tokenizer")
    rows = [row for row in rows_of(folder, "cases.jsonl") if "text" in row and "ids" in row]
    lines = [json.dumps({"text": row["text"], "allowed_special": row["allowed_special"]}) for row in rows]
    for place in (["tokenize", os.path.join(folder, "tokenizer.json")],
                  ["tokenize", os.path.join(folder, "ranks.tiktoken"), "--special", os.path.join(folder, "special.json")]):
        for row, answer in zip(rows, answers(talaria, place, lines)):
            check(answer == {"ids": row["ids"]}, place, row, answer)
    back = answers(talaria, ["detokenize", os.path.join(folder, "tokenizer.json")],
                   [json.dumps({"ids": row["ids"]}) for row in rows])
    for row, answer in zip(rows, back):
        check(answer.get("text") == row["text"], row, answer)
        check(base64.b64decode(answer["text_b64"]).decode() == row["text"], row, answer)
    return len(rows)


def own_errors(talaria, golden):
    path = os.path.join(golden, "tokenizer", "tokenizer.json")
    out = answers(talaria, ["tokenize", path],
                  ['{"text": "a"}', "no json", "[]", "{}", '{"text": 1}', '{"text_b64": "!"}', '{"text": "a", "text_b64": ""}',
                   '{"text": "a", "allowed_special": 3}', '{"text": "a", "allowed_special": ["<nothing>"]}',
                   '{"text_b64": "/w=="}', '{"text": "a"}'])
    for i, answer in enumerate(out):
        check(is_error(answer, "INVALID_ARGUMENT") if 0 < i < 9 else "ids" in answer, i, answer)
    check(out[0] == out[10], "an error changed what follows it")
    lone, whole = answers(talaria, ["tokenize", path], ['{"text": "a\\ud800\\\\ud800 \\uD83D\\uDE00"}',
                                                        '{"text": "a\\ufffd\\\\ud800 \\uD83D\\uDE00"}'])
    check("ids" in lone and lone == whole, "half a surrogate pair is U+FFFD", lone, whole)
    out = answers(talaria, ["detokenize", path], ['{"ids": [1, 2]}', '{"ids": [-1]}', '{"ids": [1e9]}', '{"ids": 1}', "{}"])
    check("text" in out[0] and all(is_error(answer, "INVALID_ARGUMENT") for answer in out[1:]), out)
    for arguments in (["tokenize", "/nowhere"], ["render", "/nowhere"], ["render", path, "--template", "checkpoint"]):
        run = subprocess.run([talaria, *arguments], input=b"", capture_output=True, check=False)
        check(run.returncode == 1 and run.stderr.count(b"\n") == 1, arguments, run)


def folder_of(tokenizer, templates, bos):
    """A checkpoint's folder that has nothing but text in it; removed when the caller drops it."""
    folder = tempfile.TemporaryDirectory()
    os.symlink(os.path.abspath(tokenizer), os.path.join(folder.name, "tokenizer.json"))
    named = []
    for name, path in templates:
        with open(path, encoding="utf-8") as file:
            named.append({"name": name, "template": file.read()})
    with open(os.path.join(folder.name, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump({"bos_token": bos, "eos_token": "<|im_end|>", "chat_template": named}, file)
    return folder


def render(talaria, folder, source, rows, ids):
    keys = ("messages", "tools", "add_generation_prompt", "continue_final_message", "template")
    for plain in (False, True):
        lines = [json.dumps({**{key: row[key] for key in keys}, "plain": plain}) for row in rows]
        for row, answer in zip(rows, answers(talaria, ["render", folder, "--template", source], lines)):
            if "rendered" not in row:
                check(set(answer) == {"error"}, source, row["id"], answer)
                continue
            check(answer.get("text") == row["rendered"], source, row["id"], answer, row["rendered"])
            if "text" not in answer:
                continue
            check(plain or spans_hold(answer, row), source, row["id"], answer)
            # The goldens are encoded as Hugging Face does it, where a user's words become control tokens; ours are the
            # same ids wherever no such words are in the conversation.
            forged = not plain and any("<|" in span for span in literal_spans(answer))
            if ids and not forged:
                check(row.get("ids", answer["ids"]) == answer["ids"] and row["n_tokens"] == len(answer["ids"]), row["id"], answer)
                check(digest(answer["ids"]) == row["ids_sha256"], row["id"], "sha256")
            elif ids:
                check(len(answer["ids"]) > row["n_tokens"], row["id"], "a user's words became control tokens")


def digest(ids):
    return hashlib.sha256(struct.pack(f"<{len(ids)}I", *ids)).hexdigest()


def literal_spans(answer):
    text = answer["text"].encode()
    return [text[begin:end].decode("utf-8", "replace") for begin, end in answer["literal_spans"]]


def spans_hold(answer, row):
    """What users and tools say stands in literal spans, whole."""
    literal = literal_spans(answer)
    said = [message["content"].strip() for message in row["messages"]
            if message.get("role") in ("user", "tool") and isinstance(message.get("content"), str)]
    return all(any(words in span for span in literal) for words in said if words and words in answer["text"])


def own_render(talaria, golden):
    templates = [("default", os.path.join(golden, "templates", "hermes3_default.jinja")),
                 ("tool_use", os.path.join(golden, "templates", "hermes3_tool_use.jinja"))]
    rows = [row for row in rows_of(golden, "chat", "conversations.jsonl") if row["bos_token"] == "<|begin_of_text|>"]
    with folder_of(os.path.join(golden, "tokenizer", "tokenizer.json"), templates, "<|begin_of_text|>") as folder:
        render(talaria, folder, "checkpoint", rows, ids=False)
        wrong = answers(talaria, ["render", folder],
                        ["{}", '{"messages": 1}', '{"messages": [], "template": "poem"}', '{"messages": [], "template": 1}',
                         '{"messages": [], "add_generation_prompt": 1}', '{"messages": [], "tools": {}}',
                         '{"messages": [{"role": "user", "content": "a", "n": 1e400, "content": "b"}]}'])
        check(all(set(answer) == {"error"} for answer in wrong), wrong)
    # The first token is the checkpoint's own, also where only tokenizer_config.json says it.
    with folder_of(os.path.join(golden, "tokenizer", "tokenizer.json"), templates, "<|begin|>") as folder:
        line = ['{"messages": [{"role": "user", "content": "a"}]}']
        native, own = (answers(talaria, ["render", folder, "--template", source], line)[0] for source in ("native", "checkpoint"))
        check(native == own and native["text"].startswith("<|begin|>"), native, own)
    return len(rows)


def fixtures_tokenizer(talaria, fixtures):
    folder = os.path.join(fixtures, "tokenizer")
    with open(os.path.join(folder, "special_tokens.json"), encoding="utf-8") as file:
        maps = json.load(file)
    rows = rows_of(folder, "public.jsonl")
    done = 0
    with tempfile.TemporaryDirectory() as work:
        for name in maps:
            path = os.path.join(work, name + ".json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(maps[name], file)
            place = [os.path.join(folder, "llama3.tiktoken"), "--special", path]
            mine = [row for row in rows if row.get("special_map") == name and "ids" in row and {"text", "bytes_b64"} & set(row)]
            lines = [json.dumps({"allowed_special": row["allowed_special"],
                                 **({"text": row["text"]} if "text" in row else {"text_b64": row["bytes_b64"]})}) for row in mine]
            for row, answer in zip(mine, answers(talaria, ["tokenize", *place], lines)):
                check(answer == {"ids": row["ids"]}, row["id"], answer, row["ids"][:40])
            done += len(mine)
            if name == "A":
                mine = [row for row in rows if "decode_ids" in row]
                lines = [json.dumps({"ids": row["decode_ids"]}) for row in mine]
                for row, answer in zip(mine, answers(talaria, ["detokenize", *place], lines)):
                    check(answer.get("text") == row.get("text_replace", row.get("text_keep_special")), row["id"], answer)
                    check(answer.get("text_b64") == row.get("bytes_b64", answer.get("text_b64")), row["id"], answer)
                done += len(mine)
    return done


def fixtures_render(talaria, fixtures):
    templates = [(name, os.path.join(fixtures, "templates", f"hermes3_{name}.jinja")) for name in ("default", "tool_use")]
    rows = rows_of(fixtures, "chat", "public.jsonl")
    with folder_of(os.path.join(fixtures, "tokenizer", "tokenizer.json"), templates, "<|begin_of_text|>") as folder:
        for source in ("native", "checkpoint"):
            render(talaria, folder, source, rows, ids=True)
    return len(rows)


def parse_says(talaria, rows):
    """Answers of `talaria parse` to *rows* of (line, what is expected of the answer)."""
    for (line, expected), answer in zip(rows, answers(talaria, ["parse"], [json.dumps(line) for line, _ in rows])):
        check({key: answer.get(key) for key in expected} == expected, line, answer, expected)


def own_parse(talaria, golden):
    rows = rows_of(golden, "tool_calls", "cases.jsonl")
    lines = []
    for row in rows:
        calls = [{key: value for key, value in call.items() if value is not False or key != "lenient"} for call in row["calls"]]
        expected = {"content": row["content"], "calls": calls, "errors": [error for error, _ in row["errors"]], "reasoning": ""}
        data = row["text"].encode()
        lines += [({"text": row["text"]}, expected), ({"chunks": list(row["text"])}, expected),
                  ({"chunks_b64": [base64.b64encode(data[i:i + 3]).decode() for i in range(0, len(data), 3)]}, expected)]
    parse_says(talaria, lines)
    wrong = answers(talaria, ["parse"], ["{}", '{"text": 1}', '{"text": "a", "chunks": []}', '{"chunks": "a"}',
                                         '{"chunks_b64": ["!"]}', '{"text": "a", "tools": {}}'])
    check(all(set(answer) == {"error"} for answer in wrong), wrong)
    said = '{"text": "<think>a</think>b"}'
    check(answers(talaria, ["parse", "--reasoning"], [said])[0]["reasoning"] == "a", said)
    return len(rows)


def fixtures_parse(talaria, fixtures):
    rows = [row for row in rows_of(fixtures, "toolcall", "public.jsonl") if "advisory" not in row]
    lines = []
    for row in rows:
        calls = [{key: call[key] for key in ("name", "arguments", "lenient", "validation") if key in call}
                 for call in row["expect"]["calls"]]
        expected = {"content": row["expect"]["outside_text"], "calls": calls,
                    "errors": [error["class"] for error in row["expect"]["errors"]]}
        tools = {"tools": row["tools"]} if "tools" in row else {}
        lines += [({key: row[key], **tools}, expected) for key in ("text", "chunks", "chunks_b64") if key in row]
    parse_says(talaria, lines)
    return len(rows)


def main():
    talaria, golden, fixtures = sys.argv[1:4]
    print(own_tokenizer(talaria, golden), "own tokenizer cases,", own_render(talaria, golden), "own conversations")
    own_errors(talaria, golden)
    print(own_parse(talaria, golden), "own outputs of a model, each three times")
    if os.path.exists(os.path.join(fixtures, "toolcall", "public.jsonl")):
        print(fixtures_parse(talaria, fixtures), "outputs beside the project")
    else:
        print("SKIPPED: outputs beside the project: no", fixtures)
    if os.path.exists(os.path.join(fixtures, "tokenizer", "llama3.tiktoken")):
        print(fixtures_tokenizer(talaria, fixtures), "cases and", fixtures_render(talaria, fixtures),
              "conversations over Meta's vocabulary, the latter twice")
    else:
        print("SKIPPED: 2 parts, over Meta's vocabulary: no", fixtures)
    print(len(failures), "failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
