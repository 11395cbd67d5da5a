#!/usr/bin/env python3
"""What is no file of token ids is one line on standard error and exit status 1, never a crash or endless reading.

Usage: ids_input.py TALARIA
"""

import os
import subprocess
import sys
import tempfile


def main():
    talaria = sys.argv[1]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        words = os.path.join(folder, "words")
        with open(words, "w", encoding="utf-8") as file:
            file.write("1 2 three\n")
        for ids, code in ((folder, "DATA_LOSS"), ("/dev/zero", "RESOURCE_EXHAUSTED"), (words, "INVALID_ARGUMENT"),
                          (os.path.join(folder, "absent"), "NOT_FOUND")):
            done = subprocess.run([talaria, "logits", folder, "--ids-file", ids, "--out", os.path.join(folder, "out.npy")],
                                  capture_output=True, text=True, check=False)
            print(f"exit status {done.returncode}: {done.stderr.rstrip()}")
            failed |= done.returncode != 1 or done.stderr.count("\n") != 1
            failed |= ids not in done.stderr or code not in done.stderr
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
