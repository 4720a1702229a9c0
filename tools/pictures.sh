#!/usr/bin/env bash
# Draws the pictures of docs/pictures.md anew, into docs/img:
#     tools/pictures.sh [build/nadir]
# The same program gives the same files.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
nadir=$(realpath "${1:-$root/build/nadir}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
ln -s "$root/data" data
img=$root/docs/img

train() { # NAME SEED
    "$nadir" train data/wdbc.csv --positive M --net softplus:32 --l2 0.001 --seed "$2" \
        -o "$1.model.json" --trace "$1.trace" -q >/dev/null
}
draw() { "$nadir" slice a.model.json data/wdbc.csv "${@:2}" -o "$img/$1.svg" -q >/dev/null; }

train a 1
train b 2
train c 3
draw slice-plane b.model.json c.model.json
draw slice-line b.model.json
draw slice-random --random
draw slice-eigen --eigen 0,-1 --span 1
draw slice-trace --trace a.trace
"$nadir" explore gen:xor --net softplus:2 --l2 0.02 --starts 30 --saddles -o xor.atlas -q >/dev/null
"$nadir" slice xor.atlas --through 1,2,3 -o "$img/slice-atlas.svg" -q >/dev/null
"$nadir" spectrum a.model.json data/wdbc.csv -o "$img/spectrum.svg" -q >/dev/null
"$nadir" spectrum a.model.json data/wdbc.csv --dense-max 0 --unproved -o "$img/density.svg" -q >/dev/null

# The report: screenshots, where there is a browser (tests/browser/run.sh says how to get one).
"$nadir" explore gen:xor --net tanh:2 --l2 0.02 --starts 40 --saddles -o xor.atlas.db -q >/dev/null
"$nadir" report xor.atlas.db -o xor.html -q >/dev/null
"$nadir" explore gen:between --net softplus:2 --starts 30 -o between.atlas.db -q >/dev/null
"$nadir" report between.atlas.db -o between.html -q >/dev/null
core=${ND_PLAYWRIGHT:-$(dirname "$nadir")/browser/node_modules/playwright-core}
if command -v chromium >/dev/null && command -v node >/dev/null && [ -d "$core" ]; then
    node "$root/tests/browser/shots.js" "$(command -v chromium)" "$core" "$img" xor.html between.html
else
    echo "pictures: no browser: the screenshots report*.png stay as they are" >&2
fi
