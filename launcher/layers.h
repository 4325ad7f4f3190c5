/* Folders and files of the launch layers, in the order the specification gives them. */
#ifndef TSPACK_LAUNCHER_LAYERS_H
#define TSPACK_LAUNCHER_LAYERS_H

#include <stddef.h>

#include "metadata.h"

/* Absolute paths. */
struct paths {
  char **items;
  size_t count;
};

/* The layer folders of one buildpack, by name ascending; links to folders are none, as in the reference. */
struct paths layers_of(const char *layers, const struct buildpack *buildpack);

/* What is in a folder apart from folders, by name ascending; nothing when there is no such folder. */
struct paths files_in(const char *directory);

#endif
