/* Commands over a tree of files inside a user namespace, for what Node.js cannot do there. See README.md. */
#include "tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void fail(const char *what, const char *name) {
  fprintf(stderr, "root-tool: cannot %s '%s': %s\n", what, name, strerror(errno));
  exit(125);
}

void *allocate(size_t size) {
  void *memory = calloc(1, size);
  if (memory == NULL) fail("get memory for", "a record");
  return memory;
}

unsigned long number(const char *text, int base) {
  char *end;
  errno = 0;
  unsigned long value = strtoul(text, &end, base);
  if (errno == 0 && (end == text || *end != '\0')) errno = EINVAL;
  if (errno != 0) fail("read the number", text);
  return value;
}

char *next_record(FILE *stream) {
  static char *record;
  static size_t size;
  ssize_t length = getdelim(&record, &size, '\0', stream);
  if (length < 0 && ferror(stream)) fail("read", "records");
  return length < 0 ? NULL : record;
}

void close_others(void) {
  /* What bubblewrap and its loader were started with would be a way out of the sandbox. */
  if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0) fail("close", "what is open");
}

int main(int count, char **words) {
  static const struct {
    const char *name;
    int (*run)(int, char **);
    int fewest;
  } commands[] = {{"own", own_command, 2}, {"list", list_command, 1}, {"copy", copy_command, 3},       {"remove", remove_command, 1},
                  {"as", as_command, 4},   {"drop", drop_command, 3}, {"session", session_command, 6}, {"serve", serve_command, 3}};
  for (size_t index = 0; count > 1 && index < sizeof commands / sizeof *commands; index++) {
    if (strcmp(commands[index].name, words[1]) == 0 && count - 2 >= commands[index].fewest) return commands[index].run(count - 2, words + 2);
  }
  fputs("root-tool: own FOLDER RECORDS | list FOLDER | copy FOLDER TARGET RECORDS | remove FOLDER | as UID GID GROUPS COMMAND... | drop UID GID COMMAND... | session ... | serve UID GID NAME... -- FOLDER...\n", stderr);
  return 125;
}
