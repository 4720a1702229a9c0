#!/usr/bin/env bash
# clang-format over all C files of the project: in place, or with --check only to look.
# Golden values and tables written by a generator stay as it wrote them.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(-i)
[ "${1:-}" = --check ] && mode=(--dry-run --Werror)
git ls-files -z '*.c' '*.h' ':!*golden*' | xargs -0 clang-format "${mode[@]}"
