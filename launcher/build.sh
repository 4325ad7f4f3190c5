#!/bin/sh
# Builds launcher-linux-amd64 and launcher-linux-arm64, byte for byte the same on every machine.
#   launcher/build.sh [FOLDER]     default: launcher/bin
# The compiler and its musl are the pinned package in requirements.txt, never the host's. TSPACK_ZIG names one that is
# already there. Needs python3 with venv and pip, and 600 MB in the temporary directory while it runs.
set -eu
sources=$(cd "$(dirname "$0")" && pwd)
target=${1:-$sources/bin}
mkdir -p "$target"
target=$(cd "$target" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

zig=${TSPACK_ZIG:-}
if [ -z "$zig" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir --no-deps --require-hashes -r "$sources/requirements.txt"
  zig=$("$work/venv/bin/python" -c 'import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))')
fi
wanted=$(sed -n 's/^ziglang==\([0-9.]*\).*/\1/p' "$sources/requirements.txt")
found=$("$zig" version)
if [ "$found" != "$wanted" ]; then
  echo "launcher/build.sh: want zig $wanted, $zig is $found" >&2
  exit 1
fi

export ZIG_GLOBAL_CACHE_DIR="$work/cache" ZIG_LOCAL_CACHE_DIR="$work/cache"
# Sources by name only, in one order, so that no path of this machine can reach the binary.
cd "$sources"
export LC_ALL=C
for architecture in amd64:x86_64 arm64:aarch64; do
  "$zig" cc -target "${architecture#*:}-linux-musl" -std=c11 -D_GNU_SOURCE -Os -flto -static -s \
    -Wall -Wextra -Werror -ffunction-sections -fdata-sections -fno-stack-protector -fno-ident \
    -fno-unwind-tables -fno-asynchronous-unwind-tables -Wl,--gc-sections -Wl,--build-id=none \
    -o "$work/launcher" ./*.c
  chmod 0755 "$work/launcher"
  mv "$work/launcher" "$target/launcher-linux-${architecture%%:*}"
done
