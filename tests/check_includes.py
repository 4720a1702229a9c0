#!/usr/bin/python3
"""Checks that the house is built as docs and CMake say; prints FILE:LINE: offence.

    python3 tests/check_includes.py [ROOT]

  - A floor includes itself and floors before it, "floor/x.h" or <nadir/floor.h>.
  - opt knows nothing of nets and data; nadir-verify shares no mathematics with the
    library: only base.
  - <nadir/nadir.h> (everything) is for programs: cli, tests, examples, benches.
  - Tests of a floor see the floors up to it.
  - Every source and header opens with a comment that says what it is for.
"""

import os
import re
import sys

FLOORS = ["base", "num", "data", "model", "opt", "theory", "cert", "lab", "map", "atlas", "gallery", "show", "cli"]
NOT_FOR = {"opt": {"data", "model"}}
PROGRAMS = {"tests", "examples", "bench", "fuzz", "tools"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


def allowed(floor):
    """The floors that `floor` may include."""
    if floor == "verify":
        return {"base", "verify"}
    if floor not in FLOORS:
        return None
    return set(FLOORS[:FLOORS.index(floor) + 1]) - NOT_FOR.get(floor, set())


def place(path):
    """(kind, floor) of a file: ("src", "num"), ("tests", "num"), ("include", "num")."""
    parts = path.split(os.sep)
    if parts[:2] == ["include", "nadir"]:
        name = os.path.splitext(parts[-1])[0]
        return "include", None if name == "nadir" else name
    if parts[0] in ("src", "tests") and len(parts) > 2:
        return parts[0], parts[1]
    return parts[0], None


def target(bracket, name):
    """The floor that an include names; None when it is no floor of ours."""
    if bracket == "<":
        found = re.match(r"nadir/(\w+)\.h$", name)
        return found and found.group(1)
    head = name.split("/")[0]
    return head if "/" in name and head not in ("..", ".") else None


def offence(kind, floor, bracket, name):
    """What is wrong with this include, or None."""
    goal = target(bracket, name)
    if bracket == '"' and goal is None and kind in ("src", "include"):
        return 'write "floor/%s"' % os.path.basename(name)
    if goal is None:
        return None
    if goal == "nadir":
        programs = kind in PROGRAMS or (kind, floor) in (("src", "cli"), ("include", None))
        return None if programs else "nadir.h is for programs; include the floors that are used"
    if goal not in FLOORS and goal != "verify":
        return "no such floor: %s" % goal
    may = allowed(floor)
    if may is not None and goal not in may:
        return "%s must not use %s" % (floor, goal)
    if kind == "include" and bracket == '"':
        return "a public header must not need a private one"
    return None


def check_file(root, path):
    kind, floor = place(path)
    with open(os.path.join(root, path), encoding="utf-8") as f:
        lines = f.read().splitlines()
    found = []
    if kind == "src" and floor not in FLOORS + ["verify"]:
        found.append((1, "no such floor: %s" % floor))
    if not lines or not lines[0].startswith(("/*", "//")):
        found.append((1, "opens without a comment that says what the file is for"))
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        wrong = match and offence(kind, floor, *match.groups())
        if wrong:
            found.append((number, "%s (%s)" % (wrong, line.strip())))
    return ["%s:%d: %s" % (path, number, text) for number, text in found]


def sources(root):
    for top in ("include", "src", "tests", "examples", "bench", "fuzz"):
        for folder, _, names in sorted(os.walk(os.path.join(root, top))):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".inc")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    files = list(sources(root))
    found = [line for path in files for line in check_file(root, path)]
    print("\n".join(found) if found else "%d files, no offence" % len(files))
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
