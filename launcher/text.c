#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "utf8.h"

static void write_all(int file, const char *bytes, size_t size) {
  while (size > 0) {
    ssize_t written = write(file, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes += written;
    size -= (size_t)written;
  }
}

static _Noreturn void out_of_memory(void) {
  static const char message[] = "ERROR: failed to launch: out of memory\n";
  write_all(2, message, sizeof message - 1);
  _exit(EXIT_LAUNCH);
}

void *allocate(size_t size) {
  void *memory = malloc(size > 0 ? size : 1);
  if (memory == NULL) out_of_memory();
  return memory;
}

void *reallocate(void *memory, size_t size) {
  memory = realloc(memory, size > 0 ? size : 1);
  if (memory == NULL) out_of_memory();
  return memory;
}

static char *join_list(const char *first, va_list parts, const char *lead, const char *tail) {
  va_list again;
  va_copy(again, parts);
  size_t size = strlen(lead) + strlen(tail);
  for (const char *part = first; part != NULL; part = va_arg(parts, const char *)) size += strlen(part);
  char *joined = allocate(size + 1);
  char *end = stpcpy(joined, lead);
  for (const char *part = first; part != NULL; part = va_arg(again, const char *)) end = stpcpy(end, part);
  strcpy(end, tail);
  va_end(again);
  return joined;
}

char *join(const char *first, ...) {
  va_list parts;
  va_start(parts, first);
  char *joined = join_list(first, parts, "", "");
  va_end(parts);
  return joined;
}

char *copy(const char *bytes, size_t size) {
  char *string = allocate(size + 1);
  memcpy(string, bytes, size);
  string[size] = '\0';
  return string;
}

char *shown_bytes(const char *bytes, size_t size) {
  static const char digits[] = "0123456789abcdef";
  if (size > SIZE_MAX / 4 - 1) out_of_memory();
  char *safe = allocate(size * 4 + 1);
  char *end = safe;
  for (size_t at = 0; at < size;) {
    size_t length = utf8_length(bytes + at, size - at);
    unsigned char byte = (unsigned char)bytes[at];
    /* C1 controls are two bytes in UTF-8, and some terminals obey them. */
    bool control = byte < 0x20 || byte == 0x7f || (byte == 0xc2 && length == 2 && (unsigned char)bytes[at + 1] < 0xa0);
    if (length > 0 && !control) {
      memcpy(end, bytes + at, length);
      end += length;
      at += length;
    } else {
      *end++ = '\\';
      *end++ = 'x';
      *end++ = digits[byte >> 4];
      *end++ = digits[byte & 15];
      at++;
    }
  }
  *end = '\0';
  return safe;
}

char *shown(const char *string) { return shown_bytes(string, strlen(string)); }

char *decimal(long number) {
  char digits[24];
  char *start = digits + sizeof digits;
  unsigned long rest = number < 0 ? 0UL - (unsigned long)number : (unsigned long)number;
  *--start = '\0';
  do *--start = (char)('0' + rest % 10);
  while ((rest /= 10) > 0);
  if (number < 0) *--start = '-';
  return join(start, NULL);
}

bool read_all(int file, size_t limit, struct text *content) {
  size_t room = 4096;
  char *bytes = allocate(room);
  size_t size = 0;
  for (;;) {
    if (size + 1 >= room) bytes = reallocate(bytes, room *= 2);
    ssize_t count = read(file, bytes + size, room - size - 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) break;
    size += (size_t)count;
    if (size > limit) {
      errno = EFBIG;
      return false;
    }
  }
  bytes[size] = '\0';
  *content = (struct text){.bytes = bytes, .size = size};
  return true;
}

bool read_file(const char *path, size_t limit, struct text *content) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  bool read = read_all(file, limit, content);
  int problem = errno;
  close(file);
  errno = problem;
  return read;
}

_Noreturn void fail(int code, const char *first, ...) {
  va_list parts;
  va_start(parts, first);
  char *line = join_list(first, parts, "ERROR: failed to ", "\n");
  va_end(parts);
  write_all(2, line, strlen(line));
  _exit(code);
}

void warn(const char *first, ...) {
  va_list parts;
  va_start(parts, first);
  char *line = join_list(first, parts, "Warning: ", "\n");
  va_end(parts);
  write_all(2, line, strlen(line));
}
