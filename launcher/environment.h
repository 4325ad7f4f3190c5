/* The launch environment (buildpack.md#environment, #environment-variable-modification-rules; platform.md#launch-environment). */
#ifndef TSPACK_LAUNCHER_ENVIRONMENT_H
#define TSPACK_LAUNCHER_ENVIRONMENT_H

#include <stddef.h>

#include "metadata.h"
#include "text.h"

/* Takes the environment of the launcher, without its own variables and without its own folders in PATH. */
void environment_start(char *const *inherited);

/* NULL when there is no such variable. */
const char *environment_get(const char *name);
void environment_set(const char *name, const char *value);

/* As execve wants it. */
char **environment_list(void);

/*
 * Applies what the layers of one buildpack say: first bin and lib of all of them, then their files of env, env.launch
 * and env.launch/<type>; `type` may be NULL. Exits with EXIT_LAUNCH when a file cannot be read.
 */
void environment_add_buildpack(const char *layers, const struct buildpack *buildpack, const char *type);

#endif
