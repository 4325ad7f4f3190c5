#include "exec_d.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "environment.h"
#include "layers.h"
#include "text.h"
#include "toml.h"

/* More than any Linux process can be given. */
#define MAXIMUM_OUTPUT (16u << 20)

static _Noreturn void failed(const char *path, const char *what, const char *detail) {
  fail(EXIT_LAUNCH, "launch: exec.d: ", shown(path), ": ", what, detail, NULL);
}

static pid_t start(const char *path, int output) {
  posix_spawn_file_actions_t actions;
  pid_t process;
  char *arguments[] = {(char *)path, NULL};
  int problem = posix_spawn_file_actions_init(&actions);
  if (problem == 0) problem = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (problem == 0) problem = posix_spawn_file_actions_adddup2(&actions, output, 3);
  if (problem == 0) problem = posix_spawn(&process, path, &actions, NULL, arguments, environment_list());
  if (problem != 0) failed(path, "cannot start: ", strerror(problem));
  posix_spawn_file_actions_destroy(&actions);
  return process;
}

static void wait_for(pid_t process, const char *path) {
  int status;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) failed(path, "cannot wait: ", strerror(errno));
  }
  if (WIFSIGNALED(status)) failed(path, "ended by signal ", decimal(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) failed(path, "exited with code ", decimal(WEXITSTATUS(status)));
}

static void set_variables(const char *path, const struct toml_value *root) {
  for (struct toml_entry *entry = root->first; entry != NULL; entry = entry->next) {
    const char *name = shown_bytes(entry->key.bytes, entry->key.size);
    if (entry->value->kind != TOML_STRING) failed(path, "printed a value that is no string for ", name);
    struct text value = entry->value->string;
    if (memchr(value.bytes, '\0', value.size) != NULL) failed(path, "printed a zero byte in the value of ", name);
    bool usable = entry->key.size > 0 && memchr(entry->key.bytes, '\0', entry->key.size) == NULL;
    if (!usable || strchr(entry->key.bytes, '=') != NULL) failed(path, "printed a name that no variable can have: ", name);
  }
  for (struct toml_entry *entry = root->first; entry != NULL; entry = entry->next) {
    environment_set(entry->key.bytes, entry->value->string.bytes);
  }
}

static void run(const char *path) {
  int ends[2];
  struct text output;
  struct toml_problem problem;
  if (pipe2(ends, O_CLOEXEC) != 0) failed(path, "cannot make a pipe: ", strerror(errno));
  pid_t process = start(path, ends[1]);
  close(ends[1]);
  if (!read_all(ends[0], MAXIMUM_OUTPUT, &output)) {
    kill(process, SIGKILL);
    failed(path, "cannot read its output: ", strerror(errno));
  }
  close(ends[0]);
  wait_for(process, path);
  const struct toml_value *root = toml_read(output.bytes, output.size, &problem);
  if (root == NULL) failed(path, join("printed no TOML, line ", decimal(problem.line), ": ", NULL), problem.message);
  set_variables(path, root);
}

static void run_all(const char *directory) {
  struct paths files = files_in(directory);
  for (size_t i = 0; i < files.count; i++) run(files.items[i]);
}

void exec_d_run(const char *layers, const struct buildpack *buildpack, const char *type) {
  struct paths folders = layers_of(layers, buildpack);
  for (size_t i = 0; i < folders.count; i++) {
    run_all(join(folders.items[i], "/exec.d", NULL));
    if (type != NULL) run_all(join(folders.items[i], "/exec.d/", type, NULL));
  }
}
