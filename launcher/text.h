/*
 * Strings, growing buffers and the one way to fail.
 *
 * Nothing is ever freed: the launcher lives for a millisecond, then exec replaces it.
 */
#ifndef TSPACK_LAUNCHER_TEXT_H
#define TSPACK_LAUNCHER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Exit codes of the platform specification (platform.md#launcher). */
enum {
  EXIT_PLATFORM_API = 11,
  EXIT_BUILDPACK_API = 12,
  EXIT_LAUNCH = 82,
};

/* Bytes with a size; a zero byte follows them, and they may hold others. */
struct text {
  char *bytes;
  size_t size;
};

/* Memory that is never freed and never absent: running out ends the process. */
void *allocate(size_t size);
void *reallocate(void *memory, size_t size);

/* A new string out of parts; the last argument is NULL. */
char *join(const char *first, ...);

/* The bytes as a string of their own. */
char *copy(const char *bytes, size_t size);

/* The string with control characters and bytes that are no UTF-8 written as \xNN: names go to terminals. */
char *shown(const char *string);
char *shown_bytes(const char *bytes, size_t size);

/* A decimal number as a string. */
char *decimal(long number);

/* Everything that can be read from a file descriptor. False: `errno` says why; EFBIG when there is more than `limit`. */
bool read_all(int file, size_t limit, struct text *content);

/* The same of a file. */
bool read_file(const char *path, size_t limit, struct text *content);

/* Prints "ERROR: failed to " and the parts (the last is NULL) as one line on stderr, and exits with `code`. */
_Noreturn void fail(int code, const char *first, ...);

/* Prints "Warning: " and the parts as one line on stderr. */
void warn(const char *first, ...);

#endif
