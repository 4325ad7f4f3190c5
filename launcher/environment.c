#include "environment.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "index.h"
#include "layers.h"

/* Linux takes no environment near this size. */
#define MAXIMUM_BYTES (16u << 20)

struct variable {
  const char *name;
  const char *value;
  struct variable *next;
};

static struct index names;
static struct variable *first;
static struct variable **last = &first;
static size_t count;

static struct variable *find(const char *name) { return index_find(&names, NULL, name, strlen(name)); }

const char *environment_get(const char *name) {
  struct variable *variable = find(name);
  return variable == NULL ? NULL : variable->value;
}

void environment_set(const char *name, const char *value) {
  struct variable *variable = find(name);
  if (variable == NULL) {
    variable = allocate(sizeof *variable);
    *variable = (struct variable){.name = copy(name, strlen(name))};
    *last = variable;
    last = &variable->next;
    count++;
    index_add(&names, NULL, variable->name, strlen(variable->name), variable);
  }
  variable->value = value;
}

char **environment_list(void) {
  char **list = allocate((count + 1) * sizeof *list);
  char **end = list;
  for (struct variable *variable = first; variable != NULL; variable = variable->next) {
    *end++ = join(variable->name, "=", variable->value, NULL);
  }
  *end = NULL;
  return list;
}

static bool is_own(const char *name) {
  static const char *const own[] = {"CNB_LAYERS_DIR", "CNB_APP_DIR", "CNB_PROCESS_TYPE", "CNB_PLATFORM_API", "CNB_DEPRECATION_MODE"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    if (strcmp(name, own[i]) == 0) return true;
  }
  return false;
}

/* PATH without the folders in which the launcher and its links lie: commands must not find the launcher again. */
static const char *without_own_folders(const char *path) {
  char *kept = allocate(strlen(path) + 1);
  char *end = kept;
  for (const char *part = path;; part++) {
    size_t size = strcspn(part, ":");
    bool own = (size == 12 && memcmp(part, "/cnb/process", 12) == 0) || (size == 14 && memcmp(part, "/cnb/lifecycle", 14) == 0);
    if (!own) {
      memcpy(end, part, size);
      end += size;
      *end++ = ':';
    }
    part += size;
    if (*part == '\0') break;
  }
  if (end > kept) end--;
  *end = '\0';
  return kept;
}

void environment_start(char *const *inherited) {
  for (; *inherited != NULL; inherited++) {
    const char *equals = strchr(*inherited, '=');
    if (equals == NULL) continue;
    char *name = copy(*inherited, (size_t)(equals - *inherited));
    if (is_own(name) || find(name) != NULL) continue;
    environment_set(name, strcmp(name, "PATH") == 0 ? without_own_folders(equals + 1) : equals + 1);
  }
}

static void add_root(const char *layer, const char *folder, const char *name) {
  char *path = join(layer, "/", folder, NULL);
  struct stat status;
  if (stat(path, &status) != 0) {
    if (errno == ENOENT) return;
    fail(EXIT_LAUNCH, "launch: add ", shown(path), " to ", name, ": ", strerror(errno), NULL);
  }
  const char *old = environment_get(name);
  environment_set(name, old == NULL || *old == '\0' ? path : join(path, ":", old, NULL));
}

static const char *read_value(const char *path) {
  struct text content;
  if (!read_file(path, MAXIMUM_BYTES, &content)) fail(EXIT_LAUNCH, "launch: read ", shown(path), ": ", strerror(errno), NULL);
  if (memchr(content.bytes, '\0', content.size) != NULL) {
    fail(EXIT_LAUNCH, "launch: read ", shown(path), ": no environment variable can hold a zero byte", NULL);
  }
  return content.bytes;
}

/* What stands between old and added value; nothing when there is no file. */
static const char *delimiter(const char *directory, const char *name) {
  char *path = join(directory, "/", name, ".delim", NULL);
  struct stat status;
  return stat(path, &status) == 0 && !S_ISDIR(status.st_mode) ? read_value(path) : "";
}

static void apply_file(const char *directory, const char *path) {
  const char *file = path + strlen(directory) + 1;
  size_t size = strcspn(file, ".");
  const char *suffix = file + size;
  if (size == 0) return; /* a variable without a name: no environment can hold it */
  struct stat status;
  if (stat(path, &status) != 0) fail(EXIT_LAUNCH, "launch: read ", shown(path), ": ", strerror(errno), NULL);
  if (S_ISDIR(status.st_mode)) return;

  char *name = copy(file, size);
  const char *old = environment_get(name);
  bool empty = old == NULL || *old == '\0';
  if (*suffix == '\0' || strcmp(suffix, ".override") == 0) {
    environment_set(name, read_value(path));
  } else if (strcmp(suffix, ".default") == 0) {
    if (empty) environment_set(name, read_value(path));
  } else if (strcmp(suffix, ".append") == 0) {
    environment_set(name, empty ? read_value(path) : join(old, delimiter(directory, name), read_value(path), NULL));
  } else if (strcmp(suffix, ".prepend") == 0) {
    environment_set(name, empty ? read_value(path) : join(read_value(path), delimiter(directory, name), old, NULL));
  }
  /* Any other suffix is not for us (buildpack.md#environment-variable-modification-rules). */
}

static void apply_directory(const char *directory) {
  struct paths files = files_in(directory);
  for (size_t i = 0; i < files.count; i++) apply_file(directory, files.items[i]);
}

void environment_add_buildpack(const char *layers, const struct buildpack *buildpack, const char *type) {
  struct paths folders = layers_of(layers, buildpack);
  for (size_t i = 0; i < folders.count; i++) {
    add_root(folders.items[i], "bin", "PATH");
    add_root(folders.items[i], "lib", "LD_LIBRARY_PATH");
  }
  for (size_t i = 0; i < folders.count; i++) {
    apply_directory(join(folders.items[i], "/env", NULL));
    apply_directory(join(folders.items[i], "/env.launch", NULL));
    if (type != NULL) apply_directory(join(folders.items[i], "/env.launch/", type, NULL));
  }
}
