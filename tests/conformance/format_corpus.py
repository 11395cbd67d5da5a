#!/usr/bin/env python3
"""Every case of the file-format corpus beside the project through `talaria inspect --load`, as its manifest says.

Usage: format_corpus.py TALARIA FIXTURES

A case must answer within 2 s and 200 MB of resident memory: exit status 0 where it is to load, else 1 with one line on
standard error that names the case's file or folder. Exits 77 where the corpus is absent.
"""

import json
import os
import subprocess
import sys
import time

ENTRIES = ("safetensors", "index", "config")
SECONDS = 2.0
BYTES = 200 * 1000 * 1000


def run(command):
    """Exit status (negative: the signal), standard error, seconds, and peak resident bytes of *command*."""
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        error = process.stderr.read().decode("utf-8", "replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, error, time.monotonic() - start, usage.ru_maxrss * 1024


def fault(case, path, sanitized, result):
    """What is wrong with a case's *result*, or ''."""
    code, error, seconds, peak = result
    if code != (0 if case["expect"] == "ok" else 1):
        return f"exit status {code}: {error.strip()[:300]}"
    if case["expect"] == "error":
        lines = error.splitlines()
        if len(lines) != 1:
            return f"{len(lines)} lines on standard error"
        if os.path.basename(path) not in lines[0]:
            return f"the message does not name the file: {lines[0]}"
    # Sanitizers take memory and time of their own: twice the address space's shadow, several times the instructions.
    if seconds > SECONDS * (5 if sanitized else 1):
        return f"{seconds:.2f} s"
    if peak > BYTES * (2 if sanitized else 1):
        return f"{peak} bytes"
    return ""


def main():
    talaria, fixtures = sys.argv[1], os.path.join(sys.argv[2], "format")
    sanitized = "--sanitized" in sys.argv
    manifest = os.path.join(fixtures, "manifest.jsonl")
    if not os.path.exists(manifest):
        print("SKIPPED: the format corpus is not beside the project")
        return 77
    with open(manifest, encoding="utf-8") as file:
        cases = [case for case in map(json.loads, file) if case["entry"] in ENTRIES]
    faults, slowest, largest = 0, 0.0, 0
    for case in cases:
        path = os.path.join(fixtures, case["path"])
        result = run([talaria, "inspect", "--load", path])
        slowest, largest = max(slowest, result[2]), max(largest, result[3])
        found = fault(case, path, sanitized, result)
        if found:
            faults += 1
            print(f"{case['id']} ({case['what']}; {case['expect']}): {found}")
    print(f"{len(cases)} cases, {faults} wrong; slowest {slowest:.3f} s, largest {largest} bytes")
    return 1 if faults or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
