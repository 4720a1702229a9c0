#!/usr/bin/env bash
# Builds the fuzz targets and runs each for a number of seconds (default 10):
#     tools/fuzz.sh 60
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
[ -f fuzz/CMakeLists.txt ] || { echo "fuzz: no targets"; exit 0; }
cmake --preset fuzz --log-level=WARNING >/dev/null
cmake --build --preset fuzz -- --quiet
found=0
for target in build-fuzz/fuzz/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    found=1
    name=$(basename "$target")
    corpus=$(mktemp -d)
    seeds=fuzz/corpus/${name#fuzz_}
    log=build-fuzz/$name.log
    if ! "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
            -artifact_prefix=build-fuzz/ "$corpus" $([ -d "$seeds" ] && echo "$seeds") >"$log" 2>&1
    then
        tail -n 40 "$log"
        echo "fuzz: $name FAILED; the input is in build-fuzz/"
        exit 1
    fi
    rm -rf "$corpus"
    echo "fuzz: $name $seconds s: nothing found"
done
[ $found -eq 1 ] || { echo "fuzz: no target was built"; exit 1; }
