#!/usr/bin/env bash
# Installs the Debian packages of packages.txt that are not there yet, and those
# named on the command line.  Asks apt-get only when something is missing; as root,
# or through sudo.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t wanted < <(sed 's/#.*//' packages.txt | tr -s ' \t' '\n' | sed '/^$/d')
wanted+=("$@")

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is no Debian system; needed are the equivalents of: ${wanted[*]}" >&2
    exit 0
fi

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "setup: all ${#wanted[@]} packages are there"
    exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
    as_root=(env DEBIAN_FRONTEND=noninteractive)
elif command -v sudo >/dev/null; then
    as_root=(sudo env DEBIAN_FRONTEND=noninteractive)
else
    echo "setup: these packages are missing and this user can neither be root nor use sudo:" >&2
    echo "setup:     apt-get install ${missing[*]}" >&2
    exit 1
fi
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
