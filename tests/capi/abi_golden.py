#!/usr/bin/env python3
"""The layout of every public struct, the value of every public constant, and the exported symbols, against goldens.

Usage: abi_golden.py layout ROOT CC | symbols ROOT LIBRARY [--update]

What a host compiled against must stay: lines of capi/abi/*.txt may be added to, never changed. The fields are read from
the headers, so a new one cannot be forgotten; the numbers come from the compiler.
"""

import os
import re
import subprocess
import sys
import tempfile


def public_headers(root):
    folder = os.path.join(root, "include", "talaria")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".h")]


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def program(root):
    """C that prints the layout of what the headers declare."""
    lines = []
    for path in public_headers(root):
        with open(path, encoding="utf-8") as file:
            text = without_comments(file.read())
        for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", text, flags=re.S):
            lines.append(f'printf("struct {name} %zu\\n", sizeof({name}));')
            for field in re.findall(r"(\w+)\s*;", body):
                lines.append(f'printf("  {name}.{field} at %zu, %zu bytes\\n", offsetof({name}, {field}), '
                             f"sizeof((({name}*)0)->{field}));")
        for body in re.findall(r"enum \{(.*?)\};", text, flags=re.S):
            for name in re.findall(r"(TALARIA_\w+)\s*=", body):
                lines.append(f'printf("{name} = %lld\\n", (long long){name});')
        for name in re.findall(r"#define (TALARIA_SET_\w+|TALARIA_NO_BUDGET)\b", text):
            lines.append(f'printf("{name} = %llu\\n", (unsigned long long){name});')
    includes = "#include <stddef.h>\n#include <stdio.h>\n#include <talaria/talaria.h>\n"
    return includes + "int main(void) {\n" + "\n".join(lines) + "\nreturn 0;\n}\n"


def layout(root, compiler):
    with tempfile.TemporaryDirectory() as folder:
        source, binary = os.path.join(folder, "layout.c"), os.path.join(folder, "layout")
        with open(source, "w", encoding="utf-8") as file:
            file.write(program(root))
        subprocess.run([compiler, "-std=c99", "-I", os.path.join(root, "include"), source, "-o", binary], check=True)
        return subprocess.run([binary], check=True, capture_output=True, text=True).stdout


def symbols(library):
    table = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", library], check=True,
                           capture_output=True, text=True).stdout
    names = (line.split()[-1] for line in table.splitlines() if line.split()[1:2] == ["T"])
    return "".join(f"{name}\n" for name in sorted(names))


def main():
    kind, root = sys.argv[1], sys.argv[2]
    found = layout(root, sys.argv[3]) if kind == "layout" else symbols(sys.argv[3])
    golden = os.path.join(root, "capi", "abi", f"{kind}.txt")
    if "--update" in sys.argv:
        with open(golden, "w", encoding="utf-8") as file:
            file.write(found)
        return 0
    with open(golden, encoding="utf-8") as file:
        expected = file.read()
    missing = [line for line in expected.splitlines() if line not in found.splitlines()]
    added = [line for line in found.splitlines() if line not in expected.splitlines()]
    for line in missing:
        print(f"gone or changed: {line}")
    for line in added:
        print(f"new: {line}")
    if not missing and not added:
        print(f"{len(found.splitlines())} lines as in capi/abi/{kind}.txt")
        return 0
    print(f"What is new is added by: abi_golden.py {kind} ... --update, with a line in capi/CHANGELOG.md; what is gone "
          "or changed breaks hosts.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
