#include "layers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

static int by_bytes(const void *one, const void *other) { return strcmp(*(char *const *)one, *(char *const *)other); }

static bool is_directory(DIR *directory, const struct dirent *entry, const char *path) {
  if (entry->d_type != DT_UNKNOWN) return entry->d_type == DT_DIR;
  struct stat status;
  if (fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    fail(EXIT_LAUNCH, "launch: list ", shown(path), ": ", strerror(errno), NULL);
  }
  return S_ISDIR(status.st_mode);
}

static struct paths list(const char *path, bool directories) {
  struct paths paths = {0};
  DIR *directory = opendir(path);
  if (directory == NULL) {
    if (errno == ENOENT) return paths;
    fail(EXIT_LAUNCH, "launch: list ", shown(path), ": ", strerror(errno), NULL);
  }
  size_t room = 0;
  struct dirent *entry;
  while (errno = 0, (entry = readdir(directory)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (is_directory(directory, entry, path) != directories) continue;
    if (paths.count == room) paths.items = reallocate(paths.items, (room = room * 2 + 8) * sizeof *paths.items);
    paths.items[paths.count++] = join(path, "/", entry->d_name, NULL);
  }
  if (errno != 0) fail(EXIT_LAUNCH, "launch: list ", shown(path), ": ", strerror(errno), NULL);
  closedir(directory);
  if (paths.count > 1) qsort(paths.items, paths.count, sizeof *paths.items, by_bytes);
  return paths;
}

struct paths layers_of(const char *layers, const struct buildpack *buildpack) {
  char *name = copy(buildpack->id, strlen(buildpack->id));
  for (char *at = name; *at != '\0'; at++) {
    if (*at == '/') *at = '_';
  }
  return list(join(layers, "/", name, NULL), true);
}

struct paths files_in(const char *directory) { return list(directory, false); }
