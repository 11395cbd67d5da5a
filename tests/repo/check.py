#!/usr/bin/env python3
"""Holds the project to its own rules; one subcommand a rule, each a test of ctest.

    check.py RULE --root FOLDER [--build FOLDER] [--library FILE] [--compilers NAME...]

Prints one line for each breach and exits 1, or exits 0.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import binaries
import layering
import layout
import source_rules
from tree import Tree

RULES_OF_TREE = {
    "layering": layering.check,
    "top_level": layout.check_top_level,
    "names": layout.check_names,
    "length": layout.check_length,
    "readmes": layout.check_readmes,
    "calls": source_rules.check_calls,
    "comments": source_rules.check_comments,
    "words": source_rules.check_words,
}
RULES_OF_LIBRARY = {
    "exports": binaries.check_exports,
    "needed": binaries.check_needed,
}


def check_format(tree):
    """Every source stands as clang-format leaves it."""
    sources = [path for path in tree.sources() if not tree.is_data(path)]
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *sources], cwd=tree.root, capture_output=True,
                          text=True, check=False)
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "clang-format-violations" in line})
    if done.returncode != 0 and not wrong:
        return [done.stderr.strip()]
    return [f"{path}: run clang-format -i" for path in wrong]


def tidy(tree, *arguments):
    """What clang-tidy has to say; "": nothing."""
    done = subprocess.run(["clang-tidy", "--quiet", *arguments], cwd=tree.root, capture_output=True, text=True,
                          check=False)
    return "" if done.returncode == 0 else done.stdout.strip() or done.stderr.strip()


def flags_of(entry):
    """The options that a source is compiled with, without the names of what is read and written."""
    words = shlex.split(entry["command"])[1:]
    named = {"-o", "-c", "-MF", "-MT"}
    return tuple(word for at, word in enumerate(words)
                 if word not in named and word != "-MD" and (at == 0 or words[at - 1] not in named))


def batches_of(tree, paths, together):
    """Parts of at most *together* paths, no two of which define, as far as a glance tells, the same name."""
    batches = []
    for path in paths:
        with open(os.path.join(tree.root, path), encoding="utf-8") as file:
            names = set(re.findall(r"^(?!namespace)[A-Za-z][^\n;()={]*?(\w+)(?:\[\])?(?:\(| = |\{| \{)", file.read(), re.MULTILINE))
        fitting = (batch for batch in batches if len(batch[0]) < together and not names & batch[1])
        batch = next(fitting, None)
        if batch is None:
            batches.append(([path], names))
        else:
            batch[0].append(path)
            batch[1].update(names)
    return [members for members, _ in batches]


def check_tidy(tree, build, together):
    """clang-tidy has nothing to say about what is shipped; the list of its checks is .clang-tidy.

    It takes seconds for the headers of each source and little for the source, so *together* sources of the same flags
    are read as one. Where there is anything to say of those, and where they cannot be one, each is read alone.
    """
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        compiled = {os.path.realpath(os.path.join(entry["directory"], entry["file"])): entry for entry in json.load(file)}
    groups = {}
    for path in tree.sources("lib/", "backends/", "capi/"):
        if entry := compiled.get(os.path.realpath(os.path.join(tree.root, path))):
            groups.setdefault(flags_of(entry), []).append(path)
    batches = [(flags, batch) for flags, paths in groups.items() for batch in batches_of(tree, paths, together)]

    def run(number, flags, paths):
        if len(paths) > 1:
            joined = os.path.join(os.path.abspath(build), "tidy", f"{number}.cc")
            with open(joined, "w", encoding="utf-8") as file:
                file.writelines(f'#include "{path}"\n' for path in paths)
            # Two checks know a source by its not being included.
            left_out = "--checks=-bugprone-suspicious-include,-google-global-names-in-headers"
            if not tidy(tree, left_out, joined, "--", *flags):
                return []
            print(f"each alone: {' '.join(paths)}")
        said = {path: tidy(tree, "-p", build, path) for path in paths}
        return [f"{path}:\n{problem}" for path, problem in said.items() if problem]

    os.makedirs(os.path.join(build, "tidy"), exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        jobs = [pool.submit(run, number, *batch) for number, batch in enumerate(batches)]
        found = [problem for job in jobs for problem in job.result()]
    return found if batches else [f"{build}: compiles nothing of the library"]


def check_scripts(tree):
    """bash and shellcheck have nothing to say about any script."""
    scripts = [path for path in tree.files if path.endswith(".sh") or path == ".ci/run"]
    problems = [] if scripts else ["no script was found"]
    for script in scripts:
        if not os.access(os.path.join(tree.root, script), os.X_OK):
            problems.append(f"{script}: not executable")
    for command in (["bash", "-n"], ["shellcheck", "-x"]):
        for script in scripts:
            done = subprocess.run([*command, script], cwd=tree.root, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                problems.append(f"{script}: {command[0]}:\n{(done.stdout + done.stderr).strip()}")
    return problems


def main():
    tools = {"format": check_format, "scripts": check_scripts}
    rules = [*RULES_OF_TREE, *tools, *RULES_OF_LIBRARY, "references", "headers", "tidy"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rule", choices=rules)
    parser.add_argument("--root", required=True, help="the project's root")
    parser.add_argument("--build", help="a build folder")
    parser.add_argument("--together", type=int, default=1, help="sources that clang-tidy reads as one")
    parser.add_argument("--library", help="libtalaria.so")
    parser.add_argument("--compilers", nargs="*", default=["gcc", "clang"])
    options = parser.parse_args()

    if options.rule in RULES_OF_TREE:
        problems = RULES_OF_TREE[options.rule](Tree(options.root))
    elif options.rule in tools:
        problems = tools[options.rule](Tree(options.root))
    elif options.rule == "references":
        problems = binaries.check_references(binaries.objects_of(options.build))
    elif options.rule in RULES_OF_LIBRARY:
        problems = RULES_OF_LIBRARY[options.rule](options.library)
    elif options.rule == "tidy":
        problems = check_tidy(Tree(options.root), options.build, options.together)
    else:
        missing = [name for name in options.compilers if not shutil.which(name)]
        problems = [f"{name}: no such compiler" for name in missing]
        problems += binaries.check_headers(os.path.join(options.root, "include"), options.compilers)
    for problem in problems:
        print(problem)
    print(f"{options.rule}: {len(problems)} breaches" if problems else f"{options.rule}: kept")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
