/* The launcher of tspack: the entry point of every application image (platform.md#launcher). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "environment.h"
#include "exec_d.h"
#include "metadata.h"
#include "process.h"
#include "start.h"
#include "text.h"

static const char *setting(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value == NULL || *value == '\0' ? otherwise : value;
}

/* Absolute, because the working directory changes; without slashes at its end. */
static const char *absolute(const char *path) {
  if (*path != '/') {
    char *here = getcwd(NULL, 0);
    if (here == NULL) fail(EXIT_LAUNCH, "launch: find the working directory: ", strerror(errno), NULL);
    path = join(here, "/", path, NULL);
  }
  size_t size = strlen(path);
  while (size > 1 && path[size - 1] == '/') size--;
  return copy(path, size);
}

static void leave(int signal) { _exit(128 + signal); }

/* The kernel drops signals that process 1 does not handle: without this a container that is slow in exec.d could not be stopped. */
static void obey_signals_as_first_process(void) {
  static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
  if (getpid() != 1) return;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction action = {.sa_handler = leave};
    struct sigaction old;
    if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) sigaction(signals[i], &action, NULL);
  }
}

int main(int count, char **arguments) {
  const char *platform_api = getenv("CNB_PLATFORM_API");
  struct request request = {
      .program = count > 0 ? arguments[0] : "launcher",
      .args = {.items = (const char **)arguments + 1, .count = count > 1 ? (size_t)count - 1 : 0},
      .exec_env = setting("CNB_EXEC_ENV", "production"),
      .platform_minor = platform_api_minor(platform_api),
  };
  struct place place = {
      .program = request.program,
      .layers = absolute(setting("CNB_LAYERS_DIR", "/layers")),
      .application = absolute(setting("CNB_APP_DIR", "/workspace")),
  };
  obey_signals_as_first_process();

  struct metadata metadata = read_metadata(join(place.layers, "/config/metadata.toml", NULL));
  check_buildpack_apis(&metadata);
  const char *asked = setting("CNB_PROCESS_TYPE", NULL);
  if (asked != NULL) {
    warn("CNB_PROCESS_TYPE is not supported in Platform API ", shown(platform_api), NULL);
    warn("Run with ENTRYPOINT '", shown(asked), "' to invoke the '", shown(asked), "' process type", NULL);
  }
  struct process process = choose_process(&metadata, &request);

  if (chdir(place.application) != 0) {
    fail(EXIT_LAUNCH, "launch: change to app directory ", shown(place.application), ": ", strerror(errno), NULL);
  }
  environment_start(environ);
  for (size_t i = 0; i < metadata.buildpack_count; i++) environment_add_buildpack(place.layers, &metadata.buildpacks[i], process.type);
  for (size_t i = 0; i < metadata.buildpack_count; i++) exec_d_run(place.layers, &metadata.buildpacks[i], process.type);

  if (process.direct) start_directly(&process, &place);
  start_in_shell(&process, &metadata, &place);
}
