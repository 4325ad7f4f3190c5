#!/bin/sh
# Proves that bin/ is what the sources say, byte for byte, and that neither the TOML reader nor the launcher breaks
# under the sanitizers. Needs what scripts/build-static.sh needs, and gcc or clang with its sanitizers; run npm ci before.
set -eu
sources=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$sources/../scripts/verify-static.sh" launcher "$sources"

cd "$sources"
compile() {
  ${CC:-cc} -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wconversion -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all "$@"
}
# Nothing is ever freed, by design.
export ASAN_OPTIONS=detect_leaks=0
compile ./*.c -o "$work/launcher"
(cd .. && TSPACK_TEST_LAUNCHER="$work/launcher" npx vitest run test/launcher)
compile -Wno-conversion fuzz/toml-fuzz.c text.c utf8.c index.c toml.c toml_scalar.c -o "$work/toml-fuzz"
"$work/toml-fuzz" "${1:-30}" fuzz/documents/*.toml
