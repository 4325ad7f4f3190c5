/* SHA-1 (FIPS 180-4), which the format of Java key stores asks for: a checksum here, no protection. */
#include <stdint.h>
#include <string.h>

#include "tool.h"

static uint32_t rotate(uint32_t value, int by) { return value << by | value >> (32 - by); }

static void add_block(uint32_t state[5], const unsigned char *block) {
  uint32_t words[80];
  for (int at = 0; at < 16; at++) words[at] = (uint32_t)block[at * 4] << 24 | (uint32_t)block[at * 4 + 1] << 16 | (uint32_t)block[at * 4 + 2] << 8 | block[at * 4 + 3];
  for (int at = 16; at < 80; at++) words[at] = rotate(words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16], 1);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (int at = 0; at < 80; at++) {
    uint32_t mix = at < 20 ? ((b & c) | (~b & d)) + 0x5a827999u
                 : at < 40 ? (b ^ c ^ d) + 0x6ed9eba1u
                 : at < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu
                           : (b ^ c ^ d) + 0xca62c1d6u;
    uint32_t next = rotate(a, 5) + mix + e + words[at];
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

void sha1(struct text content, unsigned char digest[20]) {
  uint32_t state[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
  const unsigned char *bytes = (const unsigned char *)content.bytes;
  size_t whole = content.size / 64;
  for (size_t at = 0; at < whole; at++) add_block(state, bytes + at * 64);
  unsigned char last[128] = {0};
  size_t rest = content.size - whole * 64;
  size_t length = rest < 56 ? 64 : 128;
  memcpy(last, bytes + whole * 64, rest);
  last[rest] = 0x80;
  uint64_t bits = (uint64_t)content.size * 8;
  for (int at = 0; at < 8; at++) last[length - 1 - (size_t)at] = (unsigned char)(bits >> (8 * at));
  for (size_t at = 0; at < length; at += 64) add_block(state, last + at);
  for (int at = 0; at < 20; at++) digest[at] = (unsigned char)(state[at / 4] >> (24 - 8 * (at % 4)));
}
