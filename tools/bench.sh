#!/usr/bin/env bash
# nadir against other programs: installs them from Debian, builds the timing programs, and runs
# both sides in turn.  What is compared and how: bench/run.py, docs/performance.md.
#
#   tools/bench.sh [--quick] [--only TEXT] [--threads 1,2]     tables into build/bench/
#   tools/bench.sh --check          the quick cases against bench/baseline.json
#   tools/bench.sh --baseline       writes that file
#   tools/bench.sh --more           then the tables of ends, certificates and scaling, too
set -euo pipefail
cd "$(dirname "$0")/.."
more=
args=()
for arg in "$@"; do
    if [ "$arg" = --more ]; then more=1; else args+=("$arg"); fi
done
tools/setup.sh python3-torch python3-sklearn python3-scipy python3-numpy python3-threadpoolctl \
    liblinear-tools libfann-dev
cmake --preset release --log-level=WARNING >/dev/null # anew: FANN may have come
cmake --build --preset release -j "$(nproc)" --target nadir nadir-verify bench_peer peer_fann \
    -- --quiet
/usr/bin/python3 -B bench/run.py build "${args[@]}"
[ -n "$more" ] || exit 0
cmake --build --preset release -j "$(nproc)" --target bench_num bench_model bench_data bench_map \
    bench_cert -- --quiet
for program in num model data map cert; do
    echo "== bench_$program"
    "build/bench_$program"
done
for script in ends cert_table; do
    echo "== bench/$script.py"
    /usr/bin/python3 -B "bench/$script.py" build
done
