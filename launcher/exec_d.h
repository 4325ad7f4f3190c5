/* exec.d programs (buildpack.md#execd): they print variables for the launch environment on file descriptor 3. */
#ifndef TSPACK_LAUNCHER_EXEC_D_H
#define TSPACK_LAUNCHER_EXEC_D_H

#include "metadata.h"

/*
 * Runs the programs of one buildpack's layers, each with what those before it set; `type` may be NULL. Exits with
 * EXIT_LAUNCH when one cannot be started, fails, or prints anything but top-level strings.
 */
void exec_d_run(const char *layers, const struct buildpack *buildpack, const char *type);

#endif
