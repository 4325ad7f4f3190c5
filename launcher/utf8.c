#include "utf8.h"

size_t utf8_length(const char *bytes, size_t size) {
  const unsigned char *at = (const unsigned char *)bytes;
  if (size == 0) return 0;
  if (at[0] < 0x80) return 1;
  size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
  if (at[0] < 0xc2 || at[0] > 0xf4 || size < length) return 0;
  for (size_t i = 1; i < length; i++) {
    if ((at[i] & 0xc0) != 0x80) return 0;
  }
  /* Longer than needed, surrogates, and beyond U+10FFFF. */
  if (at[0] == 0xe0 && at[1] < 0xa0) return 0;
  if (at[0] == 0xed && at[1] > 0x9f) return 0;
  if (at[0] == 0xf0 && at[1] < 0x90) return 0;
  if (at[0] == 0xf4 && at[1] > 0x8f) return 0;
  return length;
}

size_t utf8_write(uint32_t scalar, char *target) {
  if (scalar < 0x80) {
    target[0] = (char)scalar;
    return 1;
  }
  if (scalar < 0x800) {
    target[0] = (char)(0xc0 | scalar >> 6);
    target[1] = (char)(0x80 | (scalar & 0x3f));
    return 2;
  }
  if (scalar < 0x10000) {
    if (scalar >= 0xd800 && scalar <= 0xdfff) return 0;
    target[0] = (char)(0xe0 | scalar >> 12);
    target[1] = (char)(0x80 | (scalar >> 6 & 0x3f));
    target[2] = (char)(0x80 | (scalar & 0x3f));
    return 3;
  }
  if (scalar > 0x10ffff) return 0;
  target[0] = (char)(0xf0 | scalar >> 18);
  target[1] = (char)(0x80 | (scalar >> 12 & 0x3f));
  target[2] = (char)(0x80 | (scalar >> 6 & 0x3f));
  target[3] = (char)(0x80 | (scalar & 0x3f));
  return 4;
}
