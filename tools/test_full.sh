#!/usr/bin/env bash
# Everything that `make test` is too short for: the slow tests, clang, the sanitizers,
# the reference BLAS without threads, and a minute for each fuzz target.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh clang-14 libclang-rt-14-dev clang-format
export ND_FULL=1
for preset in release clang plain asan; do
    echo "== $preset"
    cmake --preset "$preset" --log-level=WARNING >/dev/null
    cmake --build --preset "$preset" -- --quiet
    ctest --preset "$preset" -j "$(nproc)"
done
tools/fuzz.sh "${ND_FUZZ_SECONDS:-60}"
