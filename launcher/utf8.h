/* UTF-8 (RFC 3629): what TOML documents are made of, and what may be shown on a terminal. */
#ifndef TSPACK_LAUNCHER_UTF8_H
#define TSPACK_LAUNCHER_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* How many bytes the character at the start of `bytes` takes; 0 when there is none, or it is not UTF-8. */
size_t utf8_length(const char *bytes, size_t size);

/* Writes a Unicode scalar value, at most 4 bytes, and says how many; 0 for a surrogate or a number too large. */
size_t utf8_write(uint32_t scalar, char *target);

#endif
