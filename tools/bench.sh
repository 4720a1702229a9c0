#!/usr/bin/env bash
# Timings against other programs, each side in the same run: see bench/*.py for what is
# measured.  Prints Markdown tables.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh python3-torch python3-numpy liblinear-tools
cmake --build --preset release --target bench_train bench_num bench_data -- --quiet
for script in bench/ends.py bench/compare_*.py; do
    echo "== $script"
    /usr/bin/python3 "$script" build "$@"
done
