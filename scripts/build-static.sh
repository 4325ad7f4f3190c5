#!/bin/sh
# Builds the static programs NAME-linux-amd64 and NAME-linux-arm64 from the C files of a folder, byte for byte the same on every machine.
#   scripts/build-static.sh NAME SOURCES [FOLDER]     default: SOURCES/bin
# The compiler and its musl are the pinned package in ziglang.txt, never the host's. TSPACK_ZIG names one that is already
# there. Needs python3 with venv and pip, and 600 MB in the temporary directory while it runs.
set -eu
requirements=$(cd "$(dirname "$0")" && pwd)/ziglang.txt
name=$1
sources=$(cd "$2" && pwd)
target=${3:-$sources/bin}
mkdir -p "$target"
target=$(cd "$target" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

zig=${TSPACK_ZIG:-}
if [ -z "$zig" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir --no-deps --require-hashes -r "$requirements"
  zig=$("$work/venv/bin/python" -c 'import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))')
fi
wanted=$(sed -n 's/^ziglang==\([0-9.]*\).*/\1/p' "$requirements")
found=$("$zig" version)
if [ "$found" != "$wanted" ]; then
  echo "build-static.sh: want zig $wanted, $zig is $found" >&2
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
    -o "$work/$name" ./*.c
  chmod 0755 "$work/$name"
  mv "$work/$name" "$target/$name-linux-${architecture%%:*}"
done
