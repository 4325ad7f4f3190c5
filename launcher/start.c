#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "environment.h"
#include "layers.h"
#include "process.h"
#include "text.h"

static bool is_executable(const char *path) {
  struct stat status;
  if (stat(path, &status) != 0) return false;
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    return false;
  }
  return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* Folders of PATH that are not absolute are passed over, so that an application's files cannot shadow commands. */
static const char *find_command(const char *command) {
  if (strchr(command, '/') != NULL) {
    if (!is_executable(command)) fail(EXIT_LAUNCH, "launch: path lookup: ", shown(command), ": ", strerror(errno), NULL);
    return command;
  }
  const char *path = environment_get("PATH");
  for (const char *part = path == NULL ? "" : path; *command != '\0'; part++) {
    size_t size = strcspn(part, ":");
    const char *candidate = join(copy(part, size), "/", command, NULL);
    if (*part == '/' && is_executable(candidate)) return candidate;
    part += size;
    if (*part == '\0') break;
  }
  fail(EXIT_LAUNCH, "launch: path lookup: '", shown(command), "' is no executable file in PATH", NULL);
}

static char **arguments_of(const char *const *lead, size_t count, struct words args) {
  char **arguments = allocate((count + args.count + 1) * sizeof *arguments);
  size_t end = 0;
  for (size_t i = 0; i < count; i++) arguments[end++] = (char *)lead[i];
  for (size_t i = 0; i < args.count; i++) arguments[end++] = (char *)args.items[i];
  arguments[end] = NULL;
  return arguments;
}

_Noreturn void start_directly(const struct process *process, const struct place *place) {
  const char *directory = process->working_directory == NULL ? place->application : process->working_directory;
  if (process->command.count == 0) fail(EXIT_LAUNCH, "launch: no command for process type '", shown(process->type), "'", NULL);
  if (chdir(directory) != 0) fail(EXIT_LAUNCH, "launch: change to working directory ", shown(directory), ": ", strerror(errno), NULL);
  const char *program = find_command(process->command.items[0]);
  execve(program, arguments_of(process->command.items, process->command.count, process->args), environment_list());
  fail(EXIT_LAUNCH, "launch: direct exec: ", shown(program), ": ", strerror(errno), NULL);
}

/* The text as one word of a shell script. */
static const char *quoted(const char *text) {
  char *word = allocate(strlen(text) * 4 + 3);
  char *end = word;
  *end++ = '\'';
  for (; *text != '\0'; text++) {
    if (*text == '\'') end = stpcpy(end, "'\\''");
    else *end++ = *text;
  }
  *end++ = '\'';
  *end = '\0';
  return word;
}

struct script {
  char *bytes;
  size_t size;
  size_t room;
};

static void say(struct script *script, const char *text) {
  size_t size = strlen(text);
  if (script->size + size + 1 > script->room) script->bytes = reallocate(script->bytes, script->room = (script->size + size + 1) * 2);
  memcpy(script->bytes + script->size, text, size + 1);
  script->size += size;
}

static void source_all(struct script *script, const char *directory) {
  struct paths files = files_in(directory);
  for (size_t i = 0; i < files.count; i++) {
    say(script, "source ");
    say(script, quoted(files.items[i]));
    say(script, "\n");
  }
}

static void source_profiles(struct script *script, const struct process *process, const struct metadata *metadata, const struct place *place) {
  for (size_t i = 0; i < metadata->buildpack_count; i++) {
    struct paths folders = layers_of(place->layers, &metadata->buildpacks[i]);
    for (size_t j = 0; j < folders.count; j++) {
      source_all(script, join(folders.items[j], "/profile.d", NULL));
      if (process->type != NULL) source_all(script, join(folders.items[j], "/profile.d/", process->type, NULL));
    }
  }
  struct stat status;
  if (stat(".profile", &status) == 0 && !S_ISDIR(status.st_mode)) say(script, "source ./.profile\n");
}

/* `"$(eval echo \"$0\")" "$(eval echo \"${1}\")" ...`: the shell evaluates each word before it becomes one. */
static void say_words(struct script *script, size_t count) {
  say(script, "exec bash -c '\"$(eval echo \\\"$0\\\")\"");
  for (size_t i = 1; i < count; i++) {
    say(script, " \"$(eval echo \\\"${");
    say(script, decimal((long)i));
    say(script, "}\\\")\"");
  }
  say(script, "' \"${@:1}\"");
}

static const char *joined(struct words words) {
  struct script text = {0};
  say(&text, "");
  for (size_t i = 0; i < words.count; i++) {
    if (i > 0) say(&text, " ");
    say(&text, words.items[i]);
  }
  return text.bytes;
}

_Noreturn void start_in_shell(const struct process *process, const struct metadata *metadata, const struct place *place) {
  struct script script = {0};
  const char *directory = process->working_directory == NULL ? place->application : process->working_directory;
  if (process->command.count == 0) fail(EXIT_LAUNCH, "launch: no command for process type '", shown(process->type), "'", NULL);
  if (process->buildpack_id != NULL && process->args.count > 0) api_minor_of(metadata, process);
  source_profiles(&script, process, metadata, place);
  say(&script, "cd -- ");
  say(&script, quoted(directory));
  say(&script, " || exit 82\n");
  if (process->args.count == 0) say(&script, "exec bash -c \"$@\"");
  else say_words(&script, process->args.count + 1);
  const char *lead[] = {"bash", "-c", script.bytes, place->program, joined(process->command)};
  execve("/bin/bash", arguments_of(lead, sizeof lead / sizeof *lead, process->args), environment_list());
  fail(EXIT_LAUNCH, "launch: bash exec: /bin/bash: ", strerror(errno), "; an image without a shell starts only direct processes", NULL);
}
