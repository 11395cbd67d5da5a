"""What the text of the sources may not hold."""

import re

from cpp_text import code_of, comments_of

LIBRARY = ("lib/", "capi/", "backends/")

# (pattern over code without comments and strings, why)
FORBIDDEN_IN_LIBRARY = [
    (r"\b(abort|exit|_exit|_Exit|quick_exit|at_quick_exit|terminate)\s*\(", "ends the host's process"),
    (r"(?<![\w])assert\s*\(", "ends the host's process"),
    (r"\b(raise|kill|signal|sigaction|system|popen|fork|alarm)\s*\(", "acts on the host's process"),
    (r"\b(printf|vprintf|fprintf|vfprintf|puts|fputs|putchar|putc|fputc|perror)\s*\(", "prints"),
    (r"\bstd\s*::\s*(w?cout|w?cerr|w?clog)\b|\b(stdout|stderr)\b|#\s*include\s*<iostream>", "prints"),
    (r"\b(getenv|secure_getenv|setenv|putenv|unsetenv)\s*\(|\benviron\b", "reads or writes the environment"),
    (r"\bstd\s*::\s*w?regex\b|#\s*include\s*<regex>", "std::regex is slow and recurses without bound"),
    (r"\bstd\s*::\s*(j?thread|async)\b(?!\s*::)", "throws where no thread is to be had; see lib/base/thread_pool.h"),
    (r"\bthread_local\b", "state that a host's threads cannot see"),
    (r"\bthrow\b(?!\s*;)", "our code throws nothing"),
    (r"(\.|->)at\s*\(|\bstd\s*::\s*sto(i|l|ul|ll|ull|f|d|ld)\s*\(", "throws"),
    (r"\babsl\s*::\s*(Mutex|MutexLock|CondVar)\b", "ThreadSanitizer does not see Abseil's locks"),
    (r"\babsl\s*::\s*(flat|node)_hash_(map|set)\b", "ends the process where memory runs out; see lib/base/hash_map.h"),
    (r"#\s*pragma\s+omp\b|#\s*include\s*<omp\.h>", "no OpenMP region of ours"),
    (r"\b(setlocale|srand|rand|strtok|localtime|gmtime|asctime|ctime|strerror)\s*\(", "global state"),
    (r"\bsetjmp\s*\(|\blongjmp\s*\(", "jumps over destructors"),
]
FORBIDDEN_IN_HEADERS = [
    (r"\babsl\s*::\s*string_view\b", "interfaces use std::string_view"),
    (r"^\s*using\s+namespace\b", "names from elsewhere in every file that includes it"),
]
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|TBD)\b")
# A comment that would compile.
CODE_IN_COMMENT = re.compile(
    r"^(#\s*(include|if|ifdef|ifndef|endif|else|define)\b.*"
    r"|(return|throw|delete|break|continue)\b[^.]*;"
    r"|(if|for|while|switch)\s*\(.*\)\s*(\{|.*;)"
    r"|\}?\s*else\s*(if\s*\(.*\)\s*)?\{"
    r"|\}\s*;?"
    r"|(const |static |constexpr |auto |inline )*[\w:]+(<[^>]*>)?[&*\s]+\w+\s*(=[^=]|\{|\().*;"
    r"|[\w.\->:\[\]]+\s*([+\-*/|&]?=)\s*[^=].*;"
    r"|[\w.\->:]+\([^)]*\)\s*;)$"
)
# Paths of one machine, and hosts that package managers know from their own settings.
MACHINE_PATH = re.compile(r"(?<![\w./}$)\-])/(work|home|root|Users|mnt|opt)/\w|file:///")
REGISTRY_HOST = re.compile(
    r"\b(?:[\w-]+\.)*(debian\.org|ubuntu\.com|pypi\.org|pythonhosted\.org|crates\.io|npmjs\.(?:com|org)|docker\.io|ghcr\.io"
    r"|quay\.io|anaconda\.(?:com|org)|golang\.org)\b"
)


def _line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def _search(tree, paths, rules):
    problems = []
    for path in paths:
        code = code_of(tree.text(path))
        for pattern, why in rules:
            for match in re.finditer(pattern, code, re.MULTILINE):
                found = " ".join(match.group(0).split())
                problems.append(f"{path}:{_line_of(code, match.start())}: {found}: {why}")
    return problems


def check_calls(tree):
    sources = tree.sources(*LIBRARY)
    headers = [path for path in sources if path.endswith(".h")]
    return _search(tree, sources, FORBIDDEN_IN_LIBRARY) + _search(tree, headers, FORBIDDEN_IN_HEADERS)


def _comment_lines(tree, path):
    text = tree.text(path)
    if path.endswith((".h", ".hpp", ".cc", ".c")):
        return comments_of(text)
    if path.endswith((".py", ".sh", ".cmake", "CMakeLists.txt")):
        return [(number, line.split("#", 1)[1].strip())
                for number, line in enumerate(text.splitlines(), 1) if "#" in line]
    return []


def check_comments(tree):
    problems = []
    for path in tree.files:
        # The rules themselves, and the inputs on which they are tried, hold what they forbid.
        if tree.is_data(path) or path.startswith("tests/repo/"):
            continue
        for number, comment in _comment_lines(tree, path):
            if UNFINISHED.search(comment):
                problems.append(f"{path}:{number}: unfinished: {comment}")
            elif path.endswith((".h", ".hpp", ".cc", ".c")) and CODE_IN_COMMENT.match(comment):
                problems.append(f"{path}:{number}: code in a comment: {comment}")
    return problems


def check_words(tree):
    problems = []
    for path in tree.files:
        if path.startswith("tests/repo/") or path == "LICENSE" or not tree.is_text(path):
            continue
        if tree.is_data(path) and not path.endswith(".json"):
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for rule, why in ((MACHINE_PATH, "a path of one machine"), (REGISTRY_HOST, "the host of a registry")):
                match = rule.search(line)
                if match:
                    problems.append(f"{path}:{number}: {match.group(0)}: {why}")
    return problems
