"""C and C++ text parted into code and comments, so that a check sees only the one it means."""

import re

TOKEN = re.compile(
    r'R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"'  # raw strings
    r"|//[^\n]*|/\*.*?\*/"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",  # not the separators of 1'000
    re.DOTALL,
)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_of(text):
    """*text* with comments and the content of strings blanked; lines stay where they are. The names in #include stay."""

    def replace(match):
        found = match.group(0)
        if found.startswith("/"):
            return _blank(found)
        line_start = text.rfind("\n", 0, match.start()) + 1
        if text[line_start : match.start()].lstrip().startswith("#"):
            return found
        return found[0] + _blank(found[1:-1]) + found[-1]

    return TOKEN.sub(replace, text)


def comments_of(text):
    """[(line number, comment text without its marks)], one entry a line."""
    found = []
    for match in TOKEN.finditer(text):
        comment = match.group(0)
        if not comment.startswith("/"):
            continue
        first = text.count("\n", 0, match.start()) + 1
        for offset, line in enumerate(comment.split("\n")):
            found.append((first + offset, re.sub(r"^\s*(//+|/\*+|\*+/|\*)|\*/\s*$", "", line).strip()))
    return found


def includes_of(text):
    """[(line number, '"' or '<', path)] of every #include."""
    found = []
    for number, line in enumerate(code_of(text).splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if match:
            found.append((number, match.group(1), match.group(2)))
    return found
