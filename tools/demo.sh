#!/usr/bin/env bash
# The first training run of the README, and the map of a small loss surface with its report, in
# the folder demo/.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p demo
cd demo
rm -f wdbc.model.json wdbc.cert.json xor.atlas* report.html

run() {
    echo "\$ ${*//..\/build\//}"
    "$@"
}
run ../build/nadir train ../data/wdbc.csv --positive M --net softplus:32 -o wdbc.model.json
if [ -x ../build/nadir-verify ] && [ -e wdbc.cert.json ]; then
    echo
    run ../build/nadir-verify wdbc.cert.json
fi
echo
run ../build/nadir explore gen:xor --net tanh:2 --l2 0.02 --starts 40 --saddles -o xor.atlas
echo
run ../build/nadir report xor.atlas -o report.html
echo
echo "open it in a browser: $PWD/report.html"
