#!/usr/bin/env python3
"""Writes one ctest folder that holds the tests of several build trees, so that one run and one summary covers them.

    all_tests.py OUT [--nightly] --tests NAME BUILD REGEX [--tests ...]

Each test of the tree BUILD whose whole name matches REGEX becomes NAME/test with all its properties and the label NAME.
Tests labelled nightly are left out unless --nightly is given. A tree that gives none is an error.
"""

import argparse
import json
import os
import re
import subprocess
import sys

# Properties whose values name other tests or things that tests of one tree share.
SCOPED = {"DEPENDS", "FIXTURES_REQUIRED", "FIXTURES_SETUP", "FIXTURES_CLEANUP", "RESOURCE_LOCK"}


def quoted(text):
    """A bracket argument, in which CMake reads nothing as special."""
    text = str(text)
    fence = "=" * (1 + max([len(run) for run in re.findall("=+", text)], default=0))
    return f"[{fence}[{text}]{fence}]"


def value_of(prefix, name, value):
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    values = [str(item) for item in (value if isinstance(value, list) else [value])]
    if name in SCOPED:
        values = [f"{prefix}/{item}" for item in values]
    return ";".join(item.replace(";", "\\;") for item in values)


def lines_of(prefix, test):
    name = f"{prefix}/{test['name']}"
    command = [quoted(argument) for argument in test.get("command", ["NOT_AVAILABLE"])]
    properties = {item["name"]: item["value"] for item in test.get("properties", [])}
    properties["LABELS"] = [*properties.get("LABELS", []), prefix]
    lines = [f"add_test({quoted(name)} {' '.join(command)})"]
    pairs = [f"{key} {quoted(value_of(prefix, key, value))}" for key, value in properties.items()]
    lines.append(f"set_tests_properties({quoted(name)} PROPERTIES {' '.join(pairs)})")
    return lines


def tests_of(build, regex, nightly):
    listed = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True,
                            check=True)
    for test in json.loads(listed.stdout)["tests"]:
        labels = [label for item in test.get("properties", []) if item["name"] == "LABELS" for label in item["value"]]
        if re.fullmatch(regex, test["name"]) and (nightly or "nightly" not in labels):
            yield test


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--nightly", action="store_true")
    parser.add_argument("--tests", nargs=3, action="append", metavar=("NAME", "BUILD", "REGEX"), required=True)
    options = parser.parse_args()
    lines = []
    for name, build, regex in options.tests:
        found = list(tests_of(os.path.abspath(build), regex, options.nightly))
        print(f"{name}: {len(found)} tests")
        if not found:
            print(f"{build}: no test matches {regex}", file=sys.stderr)
            return 1
        for test in found:
            lines += lines_of(name, test)
    os.makedirs(options.out, exist_ok=True)
    with open(os.path.join(options.out, "CTestTestfile.cmake"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
