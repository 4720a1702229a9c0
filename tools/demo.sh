#!/usr/bin/env bash
# The first training run of the README, in the folder demo/.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p demo
cd demo
rm -f wdbc.model.json wdbc.cert.json

run() {
    echo "\$ ${*//..\/build\//}"
    "$@"
}
run ../build/nadir train ../data/wdbc.csv --positive M --net softplus:32 -o wdbc.model.json
if [ -x ../build/nadir-verify ] && [ -e wdbc.cert.json ]; then
    echo
    run ../build/nadir-verify wdbc.cert.json
fi
