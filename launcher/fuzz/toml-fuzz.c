/*
 * Feeds mutated documents to the TOML reader. Build with the sanitizers (launcher/verify.sh does):
 *   toml-fuzz SECONDS FILE...     mutates the files; ends with 0 when nothing broke
 *   toml-fuzz --check FILE...     prints "valid" or the problem of each file
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../text.h"
#include "../toml.h"

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static const char *const pieces[] = {"\"", "'", "\"\"\"", "'''", "[", "]", "[[", "]]", "{", "}", "=", ".", ",", "\n", "\r\n", "\\", "\\u00e9", "\\U0010ffff",
                                     "\\\n ", "#", "a", "_", "1979-05-27", "07:32:00", "0x1f", "1e9", "inf", "true", "\xef\xbb\xbf", "\xff", "\xc3"};

/* A changed copy in a block of exactly its size, so that reading one byte too far is seen. */
static char *mutate(const struct text *document, size_t *size) {
  size_t from = document->size == 0 ? 0 : next_random() % (document->size + 1);
  size_t removed = document->size == from ? 0 : next_random() % 8 % (document->size - from + 1);
  const char *piece = pieces[next_random() % (sizeof pieces / sizeof *pieces)];
  size_t times = next_random() % 16 == 0 ? 1 + next_random() % 300 : 1;
  size_t end = next_random() % 4 == 0 ? from + removed : document->size; /* cut short now and then */
  *size = from + times * strlen(piece) + (end - from - removed);
  char *changed = malloc(*size + 1);
  char *at = changed;
  memcpy(at, document->bytes, from);
  at += from;
  for (size_t i = 0; i < times; i++) at = stpcpy(at, piece);
  memcpy(at, document->bytes + from + removed, end - from - removed);
  char *exact = malloc(*size > 0 ? *size : 1);
  memcpy(exact, changed, *size);
  free(changed);
  return exact;
}

int main(int count, char **arguments) {
  struct toml_problem problem;
  if (count < 3) return 3;
  bool check = strcmp(arguments[1], "--check") == 0;
  struct text *documents = calloc((size_t)count, sizeof *documents);
  for (int i = 2; i < count; i++) {
    if (!read_file(arguments[i], 1u << 24, &documents[i])) return 3;
    if (!check) continue;
    if (toml_read(documents[i].bytes, documents[i].size, &problem) != NULL) printf("valid\n");
    else printf("%ld: %s\n", problem.line, problem.message);
  }
  if (check) return 0;
  time_t end = time(NULL) + atoi(arguments[1]);
  unsigned long runs = 0, valid = 0;
  while (time(NULL) < end) {
    struct text document = documents[2 + next_random() % (uint64_t)(count - 2)];
    for (int round = 0; round < 1 + (int)(next_random() % 4); round++) {
      size_t size;
      char *changed = mutate(&document, &size);
      valid += toml_read(changed, size, &problem) != NULL;
      runs++;
      document = (struct text){.bytes = changed, .size = size};
    }
  }
  printf("%lu documents, %lu of them valid\n", runs, valid);
  return 0;
}
