/* The last step: exec replaces the launcher (platform.md#launcher). */
#ifndef TSPACK_LAUNCHER_START_H
#define TSPACK_LAUNCHER_START_H

#include "metadata.h"

struct place {
  const char *program; /* how the launcher was called */
  const char *layers;
  const char *application;
};

/* Finds the command in PATH and becomes it, in its working directory. Exits with EXIT_LAUNCH when that fails. */
_Noreturn void start_directly(const struct process *process, const struct place *place);

/* Becomes a bash that sources the profiles of the layers and the application, then becomes the command. */
_Noreturn void start_in_shell(const struct process *process, const struct metadata *metadata, const struct place *place);

#endif
