#!/usr/bin/env bash
# The report in headless Chromium:  run.sh BUILD-FOLDER [FOLDER-FOR-SCREENSHOTS]
#
# Needs chromium, node and playwright-core:
#     tools/setup.sh chromium nodejs npm
#     npm install --no-save --prefix BUILD-FOLDER/browser playwright-core@1
# Where one is missing it says so and ends with 77, which CTest shows as skipped; with
# ND_BROWSER=required it fails.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shots=${2:+$(mkdir -p "$2" && cd "$2" && pwd)}
core=${ND_PLAYWRIGHT:-$build/browser/node_modules/playwright-core}

missing() {
    echo "BROWSER TESTS NOT RUN: $1 is missing (see tests/browser/run.sh)" >&2
    [ "${ND_BROWSER:-}" = required ] && exit 1
    exit 77
}
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
    missing chromium
command -v node >/dev/null || missing node
[ -d "$core" ] || missing "playwright-core in $core"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
nadir() { "$build/nadir" "$@" -q >/dev/null; }
nadir explore gen:xor --net tanh:2 --l2 0.02 --starts 40 --saddles -o xor.atlas
nadir report xor.atlas -o xor.html
nadir explore gen:between --net softplus:2 --starts 30 -o between.atlas
nadir report between.atlas -o between.html
python3 "$here/../cli/many_minima.py" xor.atlas 500
nadir report xor.atlas -o many.html
nadir train gen:moons,n=80 --net softplus:3 --l2 0.01 -o moons.model.json
nadir report moons.model.json gen:moons,n=80 -o moons.html
node "$here/report.js" "$chromium" "$core" xor.html between.html many.html moons.html ${shots:+"$shots"}
