"""Who may include whom: the layering of the design, read off the #include lines.

A room includes itself and rooms of lower rank. An edge between siblings (rooms of one rank) is allowed where the README
of the including room has a line of its own that reads

    Includes sibling: NAME (why)
"""

import posixpath
import re

from cpp_text import includes_of

RANKS = [
    ["base"],
    ["tensor"],
    ["checkpoint", "tokenizer", "grammar", "chat", "backend", "distributed"],
    ["kv", "model", "sampling"],
    ["engine"],
    ["endpoint"],
]
RANK_OF = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}
BACKENDS_MAY_INCLUDE = {"base", "tensor", "backend", "distributed"}
ROOT_FOLDERS = ("lib", "backends", "capi", "include", "tests", "examples", "bindings")
# Third-party headers that are quoted by custom.
QUOTED_LIBRARIES = ("absl/",)
# What only base/platform may include: another system then needs another platform.cc and nothing more.
SYSTEM_HEADERS = re.compile(
    r"^(sys/.*|net/.*|netinet/.*|arpa/.*|linux/.*|unistd|fcntl|pthread|sched|signal|csignal|dlfcn|poll|dirent|time|pwd"
    r"|spawn|termios|windows|io|direct)\.h$|^csignal$"
)
SIBLING = re.compile(r"^Includes sibling: (\w+) \(.+\)$", re.MULTILINE)


def sibling_edges(tree):
    """({room: {sibling}}, [problem]) from the READMEs of the rooms."""
    edges, problems = {}, []
    for room, rank in RANK_OF.items():
        readme = f"lib/{room}/README.md"
        named = set(SIBLING.findall(tree.text(readme))) if tree.exists(readme) else set()
        for other in sorted(named):
            if RANK_OF.get(other) != rank or other == room:
                problems.append(f"{readme}: {other} is no sibling of {room}")
        edges[room] = {other for other in named if RANK_OF.get(other) == rank}

    def reaches(start, goal, seen):
        return any(
            next_room == goal or (next_room not in seen and reaches(next_room, goal, seen | {next_room}))
            for next_room in edges.get(start, ())
        )

    for room in edges:
        if reaches(room, room, {room}):
            problems.append(f"lib/{room}/README.md: sibling edges lead from {room} back to {room}")
    return edges, problems


def allowed(path, target, edges):
    """None where the file *path* may include *target* (root-relative), else the reason it may not."""
    place, goal = path.split("/"), target.split("/")
    public = goal[0] == "talaria"
    if place[0] == "lib":
        room = place[1]
        if goal[0] != "lib":
            return "a room of lib/ sees only lib/"
        if room not in RANK_OF:
            return f"lib/{room} is no room of the design"
        if goal[1] == room or RANK_OF.get(goal[1], len(RANKS)) < RANK_OF[room] or goal[1] in edges[room]:
            return None
        if RANK_OF.get(goal[1]) == RANK_OF[room]:
            return f"siblings: {room} -> {goal[1]} is not in lib/{room}/README.md"
        return f"{room} is below {goal[1]}"
    if place[0] == "backends":
        if goal[:2] == place[:2] or (goal[0] == "lib" and goal[1] in BACKENDS_MAY_INCLUDE):
            return None
        return "a backend sees itself and base, tensor, backend, distributed"
    if place[0] == "capi":
        return None if public or goal[0] in ("lib", "backends", "capi") else "capi sees lib, backends and include"
    if place[0] == "include":
        return None if public else "a public header sees only public headers"
    if place[0] in ("examples", "bindings"):
        return None if public else "a host sees only include/"
    return None


def check(tree):
    edges, problems = sibling_edges(tree)
    for path in tree.sources():
        if path.split("/")[0] not in ROOT_FOLDERS:
            continue
        for number, kind, target in includes_of(tree.text(path)):
            where = f"{path}:{number}: {target}"
            public = target.startswith("talaria/")
            ours = public or target.split("/")[0] in ROOT_FOLDERS and "/" in target
            if SYSTEM_HEADERS.match(target) and path.startswith(("lib/", "backends/", "capi/")):
                if not re.match(r"lib/base/platform\w*\.(h|cc)$", path):
                    problems.append(f"{where}: system headers belong to lib/base/platform")
            if path.startswith("examples/") and tree.exists(posixpath.join(posixpath.dirname(path), target)):
                continue  # an example is a project of its own and may be copied out of this one
            if not ours:
                if kind == '"' and not target.startswith(QUOTED_LIBRARIES):
                    problems.append(f"{where}: expected a root-relative path")
                continue
            if not tree.exists("include/" + target if public else target):
                problems.append(f"{where}: no such file")
            elif "/../" in f"/{target}":
                problems.append(f"{where}: expected a root-relative path")
            else:
                reason = allowed(path, target, edges)
                if reason:
                    problems.append(f"{where}: {reason}")
    return problems
