"""What the compiled library shows, needs and may reach."""

import glob
import os
import re
import subprocess
import tempfile

# Functions and objects that our own objects must not refer to. The C and C++ libraries and Abseil refer to some of them
# inside themselves; what is ours to keep is that no path of our own leads there. absl::internal_statusor::Helper::Crash
# is not among them: StatusOr's operator* refers to it whether or not the status was checked before, so that its name in
# an object says nothing.
FORBIDDEN_REFERENCES = re.compile(
    r"^(abort|exit|_exit|_Exit|quick_exit|__assert_fail|__assert|raise|kill|signal|sigaction|system|popen|fork"
    r"|printf|vprintf|fprintf|vfprintf|puts|fputs|putchar|putc|fputc|perror|__(v?f?)printf_chk|stdout|stderr"
    r"|getenv|secure_getenv|setenv|putenv|environ"
    r"|_ZSt4cout|_ZSt4cerr|_ZSt4clog"
    r"|__cxa_throw|_ZNSt19bad_optional_access.*|_ZN4absl.*ThrowBadStatusOrAccess.*|_ZSt20__throw_out_of_rangePKc"
    r"|_ZNSt7__cxx1112basic_regex.*)$"
)
# Libraries that the core must load without: modules bring them.
FORBIDDEN_LIBRARIES = re.compile(r"(cuda|cublas|cudnn|nccl|nvidia|nvrtc|mpi|gomp|libomp|iomp|python)", re.IGNORECASE)
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wstrict-prototypes"]


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def check_exports(library):
    """Only talaria_* is exported, each under a version of ours."""
    problems, count = [], 0
    for line in _run("nm", "-D", "--defined-only", library).splitlines():
        kind, name = line.split()[-2:]
        symbol, _, version = name.partition("@")
        if kind == "A" and symbol.startswith("TALARIA_"):
            continue
        count += 1
        if not symbol.startswith("talaria_"):
            problems.append(f"{library}: exports {symbol}")
        elif not version.lstrip("@").startswith("TALARIA_"):
            problems.append(f"{library}: {symbol} has no version of ours")
    return problems if count else [f"{library}: exports nothing"]


def check_needed(library):
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", _run("readelf", "-d", library))
    return [f"{library}: needs {name}" for name in needed if FORBIDDEN_LIBRARIES.search(name)]


def objects_of(build):
    """What is compiled of ours below a build folder: the static libraries of the rooms and the backends, and the objects
    of the edge, which go straight into the shared library."""
    archives = [path for folder in ("lib", "backends")
                for path in glob.glob(os.path.join(build, folder, "**", "*.a"), recursive=True)]
    edge = glob.glob(os.path.join(build, "capi", "CMakeFiles", "talaria.dir", "**", "*.o"), recursive=True)
    return sorted(archives) + sorted(edge)


def check_references(built):
    """*built* has both archives of the rooms and objects of the edge, and none refers to what is forbidden."""
    problems = [f"no {suffix} file of ours was found" for suffix in (".a", ".o")
                if not any(path.endswith(suffix) for path in built)]
    for path in built:
        member = ""
        # Defined ones too: what the standard library inlines stands in our objects as a weak definition.
        for line in _run("nm", path).splitlines():
            if line.endswith(":"):
                member = line[:-1]
            elif line.strip():
                name = line.split()[-1].partition("@")[0]
                if FORBIDDEN_REFERENCES.match(name):
                    where = os.path.basename(path) + (f"({member})" if member else "")
                    problems.append(f"{where}: refers to {name}")
    return problems


def check_headers(include, compilers):
    """Each public header compiles alone: .h as C99 and C++17, .hpp as C++17, with every compiler."""
    headers = sorted(glob.glob(os.path.join(include, "talaria", "**", "*.h*"), recursive=True))
    problems = [] if headers else [f"{include}: no public header was found"]
    for header in headers:
        languages = [("c++", "-std=c++17")] + ([("c", "-std=c99")] if header.endswith(".h") else [])
        for compiler in compilers:
            for language, standard in languages:
                problems += _compile_alone(header, include, compiler, language, standard)
    return problems


def _compile_alone(header, include, compiler, language, standard):
    warnings = [flag for flag in WARNINGS if language == "c" or flag != "-Wstrict-prototypes"]
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "alone.c" if language == "c" else "alone.cc")
        with open(source, "w", encoding="utf-8") as file:
            # Twice: the guard is part of the promise.
            line = f'#include "{os.path.relpath(header, include)}"\n'
            file.write(line + line)
        done = subprocess.run([compiler, "-x", language, standard, *warnings, "-fsyntax-only", "-I", include, source],
                              capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    return [f"{header}: {compiler} {standard}:\n{done.stderr.strip()}"]
