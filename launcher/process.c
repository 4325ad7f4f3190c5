#include "process.h"

#include <string.h>

#include "text.h"

static bool contains(const struct words *words, const char *word) {
  for (size_t i = 0; i < words->count; i++) {
    if (strcmp(words->items[i], word) == 0) return true;
  }
  return false;
}

static bool is_eligible(const struct process *process, const struct request *request) {
  if (request->platform_minor < 15 || process->exec_env.count == 0) return true;
  return contains(&process->exec_env, "*") || contains(&process->exec_env, request->exec_env);
}

static struct words concatenate(struct words one, struct words other) {
  struct words all = {.items = allocate((one.count + other.count) * sizeof *all.items)};
  for (size_t i = 0; i < one.count; i++) all.items[all.count++] = one.items[i];
  for (size_t i = 0; i < other.count; i++) all.items[all.count++] = other.items[i];
  return all;
}

static struct words rest(struct words words, size_t from) { return (struct words){.items = words.items + from, .count = words.count - from}; }

int api_minor_of(const struct metadata *metadata, const struct process *process) {
  const char *id = process->buildpack_id == NULL ? "" : process->buildpack_id;
  for (size_t i = 0; i < metadata->buildpack_count; i++) {
    if (strcmp(metadata->buildpacks[i].id, id) == 0) return metadata->buildpacks[i].api_minor;
  }
  fail(EXIT_LAUNCH, "launch: process type '", shown(process->type), "' is provided by unknown buildpack '", shown(id), "'", NULL);
}

/* The user's arguments come after a command list and replace the arguments that a buildpack calls default ones. */
static void add_user_args(struct process *process, const struct metadata *metadata, const struct request *request) {
  if (request->platform_minor < 10) {
    process->args = concatenate(process->args, request->args);
  } else if (process->command.count > 1) {
    process->args = concatenate(rest(process->command, 1), request->args.count > 0 ? request->args : process->args);
    process->command.count = 1;
  } else if (request->args.count > 0) {
    bool replaces = api_minor_of(metadata, process) >= 9;
    process->args = replaces ? request->args : concatenate(process->args, request->args);
  }
}

static struct process user_process(const struct request *request) {
  struct words args = request->args;
  bool direct = args.count > 0 && strcmp(args.items[0], "--") == 0;
  if (direct) args = rest(args, 1);
  if (args.count == 0) fail(EXIT_LAUNCH, "launch: determine start command: when there is no default process a command is required", NULL);
  return (struct process){.command = {.items = args.items, .count = 1}, .args = rest(args, 1), .direct = direct};
}

struct process choose_process(const struct metadata *metadata, const struct request *request) {
  const char *slash = strrchr(request->program, '/');
  const char *type = slash == NULL ? request->program : slash + 1;
  bool known = false;
  for (size_t i = 0; i < metadata->process_count; i++) {
    struct process process = metadata->processes[i];
    if (strcmp(process.type, type) != 0) continue;
    known = true;
    if (!is_eligible(&process, request)) continue;
    add_user_args(&process, metadata, request);
    return process;
  }
  if (known) {
    fail(EXIT_LAUNCH, "launch: determine start command: process type '", shown(type), "' is not for the execution environment '",
         shown(request->exec_env), "'", NULL);
  }
  return user_process(request);
}
