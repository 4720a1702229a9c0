#!/usr/bin/python3
"""check_includes.py must find each kind of offence, and nothing in a clean tree."""

import os
import subprocess
import sys
import tempfile

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "check_includes.py")
TOP = "/* what it is for */\n"

CLEAN = {
    "include/nadir/num.h": TOP + "#include <nadir/base.h>\n#include <stddef.h>\n",
    "include/nadir/nadir.h": TOP + "#include <nadir/lab.h>\n",
    "src/num/a.c": TOP + '#include "base/memory.h"\n#include <nadir/num.h>\n#include <math.h>\n',
    "src/lab/b.c": TOP + '#include "opt/x.h"\n#include "lab/y.h"\n',
    "src/opt/b.c": TOP + "#include <nadir/num.h>\n",
    "src/cli/main.c": TOP + "#include <nadir/nadir.h>\n",
    "src/verify/v.c": TOP + '#include "base/json.h"\n#include "verify/v.h"\n#include <arb.h>\n',
    "tests/num/t.c": TOP + '#include "../support.h"\n#include "local.h"\n#include "num/tile.h"\n',
    "examples/e.c": TOP + "#include <nadir/nadir.h>\n",
}

OFFENCES = {
    "src/base/a.c": (TOP + '#include "num/tile.h"\n', 2),
    "src/num/a.c": (TOP + "\n#include <nadir/model.h>\n", 3),
    "src/model/a.c": (TOP + ' #  include "opt/x.h"\n', 2),
    "src/opt/a.c": (TOP + "#include <nadir/model.h>\n", 2),
    "src/opt/b.c": (TOP + '#include "data/raw.h"\n', 2),
    "src/theory/a.c": (TOP + "#include <nadir/nadir.h>\n", 2),
    "src/num/b.c": (TOP + '#include "tile.h"\n', 2),
    "src/num/c.c": (TOP + '#include "../base/memory.h"\n', 2),
    "src/num/d.c": ("#include <math.h>\n", 1),
    "src/num/empty.c": ("", 1),
    "src/num/e.c": (TOP + '#include "attic/x.h"\n', 2),
    "src/attic/x.h": (TOP, 1),
    "src/verify/v.c": (TOP + '#include "num/blas.h"\n', 2),
    "src/verify/w.c": (TOP + "#include <nadir/model.h>\n", 2),
    "include/nadir/num.h": (TOP + "#include <nadir/data.h>\n", 2),
    "include/nadir/data.h": (TOP + '#include "data/raw.h"\n', 2),
    "tests/num/t.c": (TOP + "#include <nadir/model.h>\n", 2),
}


def run(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
        done = subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


def main():
    wrong = []
    code, out = run(CLEAN)
    if code != 0:
        wrong.append("clean tree refused:\n" + out)
    for path, (text, line) in OFFENCES.items():
        code, out = run({path: text})
        if code != 1 or not out.startswith("%s:%d: " % (path, line)) or out.count("\n") != 1:
            wrong.append("%s: expected one offence in line %d, got %d:\n%s" % (path, line, code, out))
    code, out = run({})
    if code != 1:
        wrong.append("an empty tree must not pass")
    print("\n".join(wrong) or "found all of %d" % len(OFFENCES))
    return 1 if wrong else 0


sys.exit(main())
