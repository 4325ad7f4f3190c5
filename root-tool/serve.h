/* What the two halves of serve share. */
#ifndef SERVE_H
#define SERVE_H

#include <stddef.h>
#include <sys/types.h>

/* Who programs are to see themselves as, what of /proc they may only read, and what stays in /tmp; lists end with NULL. */
struct rules {
  char *uid, *gid;
  char **read_only, **kept;
};

struct program {
  char *folder;
  char **words, **environment;
};

/* How a program ended, or why there was none; the first that a pipe holds counts. */
struct report {
  enum { ENDED, NOT_CONFINED, NO_FOLDER, NOT_STARTED } kind;
  /* The exit code as shells say it, else errno. */
  int value;
};

/* A signal of its own to processes 1, since they cannot be told SIGKILL for another. */
#define KILL_PROGRAM SIGRTMAX

/* Process 1 of a program: only the standard streams are open, and 3 for its report. Does not return. */
void confine(const struct rules *rules, const struct program *program) __attribute__((noreturn));

#endif
