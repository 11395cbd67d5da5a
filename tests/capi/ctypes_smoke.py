#!/usr/bin/env python3
"""The C ABI from Python by ctypes, as a host without a compiler meets it: generate, logits, errors, sizes, a thread.

Usage: ctypes_smoke.py LIBRARY GOLDEN_FOLDER
"""

import base64
import ctypes
import json
import os
import struct
import sys
import threading

OK, INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED, NOT_READY = 0, 3, 5, 12, 64
TOKEN, LOGITS, FINISHED = 1, 2, 3
NO_BUDGET = 2**64 - 1


class Event(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("kind", ctypes.c_int32), ("token", ctypes.c_int32),
                ("finish_reason", ctypes.c_int32), ("position", ctypes.c_int64),
                ("logits", ctypes.POINTER(ctypes.c_float)), ("logits_count", ctypes.c_uint64)]


class Append(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("logits", ctypes.c_int32), ("at", ctypes.c_void_p),
                ("at_count", ctypes.c_uint64)]


class Generate(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("ignore_model_stops", ctypes.c_int32), ("set", ctypes.c_uint64),
                ("max_tokens", ctypes.c_int64), ("stop_tokens", ctypes.c_void_p), ("stop_token_count", ctypes.c_uint64),
                ("temperature", ctypes.c_float), ("reserved", ctypes.c_uint32)]


def sized(kind, **fields):
    return kind(struct_size=ctypes.sizeof(kind), **fields)


class Host:
    """The library, with statuses turned into (code, message)."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.talaria_error_message.restype = ctypes.c_char_p
        self.library.talaria_error_message.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self.library.talaria_version_text.restype = ctypes.c_char_p

    def call(self, name, *arguments):
        error = ctypes.c_void_p()
        code = getattr(self.library, name)(*arguments, ctypes.byref(error))
        message = self.library.talaria_error_message(error, None).decode()
        self.library.talaria_error_free(error)
        return code, message

    def make(self, name, *arguments):
        handle = ctypes.c_void_p()
        code, message = self.call(name, *arguments, ctypes.byref(handle))
        assert code == OK, (name, code, message)
        assert handle.value
        return handle

    def events(self, session):
        while True:
            event = sized(Event)
            code, _ = self.call("talaria_session_next_event", session, ctypes.c_uint64(0), ctypes.byref(event))
            if code == NOT_READY:
                return
            assert code == OK
            yield event


def generate(host, engine, prompt, count):
    """The greedy tokens after *prompt*, and the logits of its last position."""
    session = host.make("talaria_session_create", engine, None)
    ids = (ctypes.c_int32 * len(prompt))(*prompt)
    options = sized(Append, logits=1)
    assert host.call("talaria_session_append_tokens", session, ids, ctypes.c_uint64(len(prompt)),
                     ctypes.byref(options))[0] == OK
    wish = sized(Generate, ignore_model_stops=1, set=1, max_tokens=count)
    assert host.call("talaria_session_generate", session, ctypes.byref(wish))[0] == OK
    tokens, logits, finished = [], None, False
    while not finished:
        assert host.call("talaria_engine_step", engine, ctypes.c_uint64(NO_BUDGET), None)[0] == OK
        for event in host.events(session):
            if event.kind == TOKEN:
                tokens.append(event.token)
            elif event.kind == LOGITS:
                logits = event.logits[:event.logits_count]
            else:
                assert event.kind == FINISHED
                finished = True
    host.library.talaria_session_free(session)
    return tokens, logits


def main():
    host, folder = Host(sys.argv[1]), sys.argv[2]
    with open(os.path.join(folder, "expected.json"), encoding="utf-8") as file:
        prompt = json.load(file)["prompts"]["short"]
    path = folder.encode()
    runtime = host.make("talaria_runtime_create", None)

    code, message = host.call("talaria_model_open", runtime, b"/nowhere", ctypes.c_uint64(8), None,
                              ctypes.byref(ctypes.c_void_p()))
    assert code == NOT_FOUND and "/nowhere" in message and "\n" not in message, (code, message)
    code, message = host.call("talaria_runtime_create", ctypes.byref(ctypes.c_uint32(3)), ctypes.byref(ctypes.c_void_p()))
    assert code == INVALID_ARGUMENT and "struct_size" in message, (code, message)
    assert host.call("talaria_model_open", None, path, ctypes.c_uint64(len(path)), None, None)[0] == INVALID_ARGUMENT

    model = host.make("talaria_model_open", runtime, path, ctypes.c_uint64(len(path)), None)
    engine = host.make("talaria_engine_create", model, None)
    # Parents may go first: children keep them alive.
    host.library.talaria_model_free(model)
    host.library.talaria_runtime_free(runtime)

    tokens, logits = generate(host, engine, prompt["ids"], 24)
    for i, margin in enumerate(prompt["greedy_margin"]):
        if margin <= 5e-3 and tokens[i] != prompt["greedy_24"][i]:
            break
        assert tokens[i] == prompt["greedy_24"][i], (i, tokens, prompt["greedy_24"])
    raw = base64.b64decode(prompt["final_full_f32_b64"])
    expected = struct.unpack(f"<{len(raw) // 4}f", raw)
    largest = max(map(abs, expected))
    assert len(logits) == len(expected)
    assert max(abs(a - b) for a, b in zip(logits, expected)) <= 5e-5 * largest

    code, message = host.call("talaria_session_fork", host.make("talaria_session_create", engine, None),
                              ctypes.byref(ctypes.c_void_p()))
    assert code == UNIMPLEMENTED and "fork" in message, (code, message)

    # Another thread may hold a session of its own, and gets the same tokens.
    others = []
    thread = threading.Thread(target=lambda: others.append(generate(host, engine, prompt["ids"], 24)[0]))
    thread.start()
    thread.join()
    assert others == [tokens]
    host.library.talaria_engine_free(engine)
    print(f"talaria {host.library.talaria_version_text().decode()} from Python: {len(tokens)} tokens as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
