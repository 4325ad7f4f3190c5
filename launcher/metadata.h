/* `<layers>/config/metadata.toml` (platform.md#metadatatoml-toml): what the builder phase leaves for the launcher. */
#ifndef TSPACK_LAUNCHER_METADATA_H
#define TSPACK_LAUNCHER_METADATA_H

#include <stdbool.h>
#include <stddef.h>

/* A list of strings. */
struct words {
  const char **items;
  size_t count;
};

struct buildpack {
  const char *id;
  const char *api;
  int api_minor; /* of 0.<minor>; set by check_buildpack_apis */
};

struct process {
  const char *type;
  struct words command;
  struct words args;
  bool direct;
  const char *working_directory; /* NULL: the application's directory */
  const char *buildpack_id;      /* NULL: given by the user */
  struct words exec_env;         /* empty: every execution environment */
};

struct metadata {
  struct buildpack *buildpacks;
  size_t buildpack_count;
  struct process *processes;
  size_t process_count;
};

/* Exits with EXIT_LAUNCH when the file is missing, no TOML, or of another shape. */
struct metadata read_metadata(const char *path);

#endif
