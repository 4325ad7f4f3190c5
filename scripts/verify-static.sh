#!/bin/sh
# Proves that the bin/ of a folder is what its sources say, byte for byte: scripts/verify-static.sh NAME SOURCES. Needs what build-static.sh needs.
set -eu
scripts=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$scripts/build-static.sh" "$1" "$2" "$work"
for architecture in amd64 arm64; do
  cmp "$work/$1-linux-$architecture" "$2/bin/$1-linux-$architecture"
done
echo "$1: bin/ agrees with the sources"
