/* as: a program as another user of the namespace, or with all three as "=", as the same. */
#include "tool.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* GROUPS: numbers with commas between, or "-" for none. */
static void become(char **words) {
  gid_t groups[65536];
  size_t length = 0;
  char *rest = strcmp(words[2], "-") == 0 ? NULL : words[2];
  while (rest != NULL && length < sizeof groups / sizeof *groups) groups[length++] = (gid_t)number(strsep(&rest, ","), 10);
  if (setgroups(length, groups) != 0) fail("set the groups", words[2]);
  if (setgid((gid_t)number(words[1], 10)) != 0) fail("become the group", words[1]);
  if (setuid((uid_t)number(words[0], 10)) != 0) fail("become the user", words[0]);
}

/* UID GID COMMAND...: for whom nothing has to be closed, because he is still on the host. */
int drop_command(int count, char **words) {
  (void)count;
  char *ids[] = {words[0], words[1], "-"};
  become(ids);
  execvp(words[2], words + 2);
  fail("start", words[2]);
}

int as_command(int count, char **words) {
  (void)count;
  close_others();
  if (strcmp(words[0], "=") != 0) become(words);
  execvp(words[3], words + 3);
  /* As bubblewrap says it, which the caller knows how to explain. */
  fprintf(stderr, "bwrap: execvp %s: %s\n", words[3], strerror(errno));
  return 127;
}
