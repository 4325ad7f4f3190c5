#include "metadata.h"

#include <errno.h>
#include <string.h>

#include "text.h"
#include "toml.h"

/* No builder writes a file near this size. */
#define MAXIMUM_BYTES (16u << 20)

static const char *file;

static _Noreturn void malformed(const char *where, const char *key, const char *wanted) {
  fail(EXIT_LAUNCH, "read metadata: ", shown(file), ": \"", key, "\" of ", where, " must be ", wanted, NULL);
}

static const char *string_of(const struct toml_value *value, const char *where, const char *key) {
  if (value->kind != TOML_STRING) malformed(where, key, "a string");
  if (memchr(value->string.bytes, '\0', value->string.size) != NULL) malformed(where, key, "without zero bytes");
  return value->string.bytes;
}

/* NULL when there is no such key. */
static const char *read_string_member(const struct toml_value *table, const char *where, const char *key) {
  struct toml_value *value = toml_member(table, key);
  return value == NULL ? NULL : string_of(value, where, key);
}

static struct words read_words_member(const struct toml_value *table, const char *where, const char *key, bool or_string) {
  struct words words = {0};
  struct toml_value *value = toml_member(table, key);
  if (value == NULL) return words;
  if (or_string && value->kind == TOML_STRING) {
    words.items = allocate(sizeof *words.items);
    words.items[words.count++] = string_of(value, where, key);
    return words;
  }
  if (value->kind != TOML_ARRAY) malformed(where, key, or_string ? "a string or a list of strings" : "a list of strings");
  size_t room = 0;
  for (struct toml_entry *entry = value->first; entry != NULL; entry = entry->next) room++;
  words.items = allocate(room * sizeof *words.items);
  for (struct toml_entry *entry = value->first; entry != NULL; entry = entry->next) {
    words.items[words.count++] = string_of(entry->value, where, key);
  }
  return words;
}

/* The tables of `key`, an array of tables; their number in `count`. */
static const struct toml_value **read_tables(const struct toml_value *root, const char *key, size_t *count) {
  const struct toml_value *array = toml_member(root, key);
  *count = 0;
  if (array == NULL) return NULL;
  if (array->kind != TOML_ARRAY) malformed("the document", key, "an array of tables");
  size_t room = 0;
  for (struct toml_entry *entry = array->first; entry != NULL; entry = entry->next) room++;
  const struct toml_value **tables = allocate(room * sizeof *tables);
  for (struct toml_entry *entry = array->first; entry != NULL; entry = entry->next) {
    if (entry->value->kind != TOML_TABLE) malformed("the document", key, "an array of tables");
    tables[(*count)++] = entry->value;
  }
  return tables;
}

static const char *required(const char *value, const char *where, const char *key) {
  if (value == NULL) malformed(where, key, "given");
  return value;
}

static struct buildpack read_buildpack(const struct toml_value *table, size_t number) {
  const char *where = join("buildpack ", decimal((long)number), NULL);
  return (struct buildpack){
      .id = required(read_string_member(table, where, "id"), where, "id"),
      .api = required(read_string_member(table, where, "api"), where, "api"),
  };
}

static struct process read_process(const struct toml_value *table, size_t number) {
  const char *where = join("process ", decimal((long)number), NULL);
  struct process process = {
      .type = required(read_string_member(table, where, "type"), where, "type"),
      .command = read_words_member(table, where, "command", true),
      .args = read_words_member(table, where, "args", false),
      .working_directory = read_string_member(table, where, "working-dir"),
      .buildpack_id = read_string_member(table, where, "buildpack-id"),
      .exec_env = read_words_member(table, where, "exec-env", false),
  };
  const struct toml_value *direct = toml_member(table, "direct");
  if (direct != NULL && direct->kind != TOML_BOOLEAN) malformed(where, "direct", "true or false");
  process.direct = direct != NULL && direct->boolean;
  if (process.working_directory != NULL && *process.working_directory == '\0') process.working_directory = NULL;
  if (process.buildpack_id != NULL && *process.buildpack_id == '\0') process.buildpack_id = NULL;
  return process;
}

struct metadata read_metadata(const char *path) {
  struct text content;
  struct toml_problem problem;
  file = path;
  if (!read_file(path, MAXIMUM_BYTES, &content)) fail(EXIT_LAUNCH, "read metadata: ", shown(path), ": ", strerror(errno), NULL);
  const struct toml_value *root = toml_read(content.bytes, content.size, &problem);
  if (root == NULL) fail(EXIT_LAUNCH, "read metadata: ", shown(path), ":", decimal(problem.line), ": ", problem.message, NULL);

  struct metadata metadata = {0};
  const struct toml_value **buildpacks = read_tables(root, "buildpacks", &metadata.buildpack_count);
  metadata.buildpacks = allocate(metadata.buildpack_count * sizeof *metadata.buildpacks);
  for (size_t i = 0; i < metadata.buildpack_count; i++) metadata.buildpacks[i] = read_buildpack(buildpacks[i], i + 1);
  const struct toml_value **processes = read_tables(root, "processes", &metadata.process_count);
  metadata.processes = allocate(metadata.process_count * sizeof *metadata.processes);
  for (size_t i = 0; i < metadata.process_count; i++) metadata.processes[i] = read_process(processes[i], i + 1);
  return metadata;
}
