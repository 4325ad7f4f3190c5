/* Which process to start, and with which arguments (platform.md#launcher). */
#ifndef TSPACK_LAUNCHER_PROCESS_H
#define TSPACK_LAUNCHER_PROCESS_H

#include "metadata.h"

/* What the choice depends on. */
struct request {
  const char *program;  /* how the launcher was called: its last part may name a process type */
  struct words args;    /* the user's */
  const char *exec_env; /* the execution environment */
  int platform_minor;
};

/* The process to start; its type is NULL when the user gave the command. Exits with EXIT_LAUNCH when there is none. */
struct process choose_process(const struct metadata *metadata, const struct request *request);

/* The API of the buildpack that gave the process; exits with EXIT_LAUNCH when it is not among the buildpacks. */
int api_minor_of(const struct metadata *metadata, const struct process *process);

#endif
