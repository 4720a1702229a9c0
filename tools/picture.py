#!/usr/bin/env python3
"""Draws docs/img/train.svg: a terminal with the real output of the README's first run.

    tools/picture.py [build/nadir] > docs/img/train.svg
"""
import os
import pathlib
import subprocess
import sys
import tempfile
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMAND = ["train", "data/wdbc.csv", "--positive", "M", "--net", "softplus:32", "-o",
           "wdbc.model.json"]
CHECK = ["verify", "wdbc.cert.json"]
CHAR, LINE, LEFT, TOP = 8.43, 21, 20, 54  # of a 14-pixel monospace font


def session(nadir):
    """The lines of the session: prompt lines begin with "$ "."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(ROOT / "data", os.path.join(folder, "data"))
        for args in (COMMAND, CHECK):
            done = subprocess.run([nadir, *args], cwd=folder, text=True, capture_output=True,
                                  check=True)
            lines += ["$ nadir " + " ".join(args), *done.stdout.rstrip("\n").split("\n"), ""]
    return lines[:-1]


def line_svg(k, text):
    kind = "p" if text.startswith("$ ") else "v" if "(proved)" in text or "PROVED" in text else "t"
    return (f'<text class="{kind}" x="{LEFT}" y="{TOP + k * LINE}" xml:space="preserve">'
            f"{escape(text)}</text>")


def main():
    lines = session(os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/nadir"))
    width = round(max(map(len, lines)) * CHAR + 2 * LEFT)
    height = TOP + len(lines) * LINE
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
          f'viewBox="0 0 {width} {height}" role="img" aria-label="a training run of nadir">\n'
          "<style>text{font:14px 'DejaVu Sans Mono',Menlo,Consolas,monospace}"
          ".t{fill:#d6dde4}.p{fill:#8fa3b5}.v{fill:#fff;font-weight:bold}</style>\n"
          f'<rect width="{width}" height="{height}" rx="8" fill="#1b232b"/>\n'
          '<g fill="#47545f"><circle cx="22" cy="18" r="6"/><circle cx="42" cy="18" r="6"/>'
          '<circle cx="62" cy="18" r="6"/></g>')
    for k, text in enumerate(lines):
        if text:
            print(line_svg(k, text))
    print("</svg>")


if __name__ == "__main__":
    main()
