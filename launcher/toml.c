#include "toml.h"

#include <stdint.h>
#include <string.h>

#include "index.h"
#include "toml_scalar.h"
#include "utf8.h"

/* Deeper values are refused, because reading them takes stack. */
#define MAXIMUM_DEPTH 100

static struct toml_value *new_value(enum toml_kind kind) {
  struct toml_value *value = allocate(sizeof *value);
  *value = (struct toml_value){.kind = kind};
  return value;
}

static void append(struct toml_value *list, struct text key, struct toml_value *value) {
  struct toml_entry *entry = allocate(sizeof *entry);
  *entry = (struct toml_entry){.key = key, .value = value};
  if (list->last == NULL) list->first = entry;
  else list->last->next = entry;
  list->last = entry;
}

static struct toml_value *find(struct cursor *at, struct toml_value *table, struct text key) {
  return index_find(&at->index, table, key.bytes, key.size);
}

static void add(struct cursor *at, struct toml_value *table, struct text key, struct toml_value *value) {
  append(table, key, value);
  index_add(&at->index, table, key.bytes, key.size, value);
}

/* One part of a key. */
static bool read_key_part(struct cursor *at, struct text *key) {
  if (at->next < at->end && *at->next == '"') return read_basic_string(at, key);
  if (at->next < at->end && *at->next == '\'') return read_literal_string(at, key);
  const char *start = at->next;
  while (at->next < at->end && is_bare_key_character(*at->next)) at->next++;
  if (at->next == start) return refuse(at, "want a key");
  *key = (struct text){.bytes = copy(start, (size_t)(at->next - start)), .size = (size_t)(at->next - start)};
  return true;
}

/* Goes from `table` along a dotted key to the table that is to hold its last part, creating what is missing. */
static bool walk_dotted(struct cursor *at, struct toml_value **table, struct text *key) {
  for (;;) {
    if (!read_key_part(at, key)) return false;
    skip_blanks(at);
    if (at->next >= at->end || *at->next != '.') return true;
    at->next++;
    skip_blanks(at);
    struct toml_value *inner = find(at, *table, *key);
    if (inner == NULL) {
      inner = new_value(TOML_TABLE);
      inner->origin = TOML_BY_KEY;
      add(at, *table, *key, inner);
    } else if (inner->kind != TOML_TABLE || inner->origin != TOML_BY_KEY) {
      return refuse(at, "a dotted key cannot add to this value");
    }
    *table = inner;
  }
}

static bool read_value(struct cursor *at, struct toml_value **value, int depth);

/* `key = value`, where the key may be dotted. */
static bool read_pair(struct cursor *at, struct toml_value *table, int depth) {
  struct text key;
  if (!walk_dotted(at, &table, &key)) return false;
  if (at->next >= at->end || *at->next != '=') return refuse(at, "want \"=\" after the key");
  at->next++;
  skip_blanks(at);
  if (find(at, table, key) != NULL) return refuse(at, "this key was given before");
  struct toml_value *value;
  if (!read_value(at, &value, depth)) return false;
  /* The value may hold tables, so the index may have moved; the key is still free, because values cannot reach outwards. */
  add(at, table, key, value);
  return true;
}

static bool read_array(struct cursor *at, struct toml_value *array, int depth) {
  at->next++;
  for (;;) {
    if (!skip_blank_lines(at)) return false;
    if (at->next < at->end && *at->next == ']') break;
    struct toml_value *item;
    if (!read_value(at, &item, depth)) return false;
    append(array, (struct text){0}, item);
    if (!skip_blank_lines(at)) return false;
    if (at->next < at->end && *at->next == ',') at->next++;
    else if (at->next >= at->end || *at->next != ']') return refuse(at, "want \",\" or \"]\" in an array");
  }
  at->next++;
  return true;
}

static bool read_inline_table(struct cursor *at, struct toml_value *table, int depth) {
  at->next++;
  skip_blanks(at);
  if (at->next < at->end && *at->next == '}') {
    at->next++;
  } else {
    for (;;) {
      if (!read_pair(at, table, depth)) return false;
      skip_blanks(at);
      if (at->next < at->end && *at->next == '}') break;
      if (at->next >= at->end || *at->next != ',') return refuse(at, "want \",\" or \"}\" in an inline table");
      at->next++;
      skip_blanks(at);
    }
    at->next++;
  }
  table->origin = TOML_INLINE;
  return true;
}

static bool read_value(struct cursor *at, struct toml_value **value, int depth) {
  if (depth >= MAXIMUM_DEPTH) return refuse(at, "values are nested too deeply");
  if (at->next >= at->end) return refuse(at, "want a value");
  switch (*at->next) {
    case '"':
    case '\'':
      *value = new_value(TOML_STRING);
      return read_string(at, &(*value)->string);
    case '[':
      *value = new_value(TOML_ARRAY);
      (*value)->origin = TOML_INLINE;
      return read_array(at, *value, depth + 1);
    case '{':
      *value = new_value(TOML_TABLE);
      (*value)->origin = TOML_BY_KEY;
      return read_inline_table(at, *value, depth + 1);
    default:
      *value = new_value(TOML_NUMBER);
      return read_plain(at, *value);
  }
}

/* The table in which the header's next part stands: of an array of tables, its last item. */
static struct toml_value *opened(struct toml_value *value) {
  if (value->kind == TOML_TABLE && value->origin != TOML_INLINE) return value;
  if (value->kind == TOML_ARRAY && value->origin == TOML_BY_HEADER) return value->last->value;
  return NULL;
}

/* `[table]` or `[[array of tables]]`. */
static bool read_header(struct cursor *at, struct toml_value *root, struct toml_value **current) {
  at->next++;
  bool array = at->next < at->end && *at->next == '[';
  if (array) at->next++;
  struct toml_value *table = root;
  struct text key;
  for (;;) {
    skip_blanks(at);
    if (!read_key_part(at, &key)) return false;
    skip_blanks(at);
    if (at->next >= at->end || *at->next != '.') break;
    at->next++;
    struct toml_value *inner = find(at, table, key);
    if (inner == NULL) {
      inner = new_value(TOML_TABLE);
      add(at, table, key, inner);
    }
    table = opened(inner);
    if (table == NULL) return refuse(at, "a header cannot add to this value");
  }
  size_t closing = array ? 2 : 1;
  if ((size_t)(at->end - at->next) < closing || memcmp(at->next, "]]", closing) != 0) return refuse(at, "want \"]\" at the end of the header");
  at->next += closing;

  struct toml_value *named = find(at, table, key);
  if (array) {
    if (named == NULL) {
      named = new_value(TOML_ARRAY);
      named->origin = TOML_BY_HEADER;
      add(at, table, key, named);
    } else if (named->kind != TOML_ARRAY || named->origin != TOML_BY_HEADER) {
      return refuse(at, "this key was given before, and not as an array of tables");
    }
    *current = new_value(TOML_TABLE);
    (*current)->origin = TOML_BY_HEADER;
    append(named, (struct text){0}, *current);
    return true;
  }
  if (named == NULL) {
    named = new_value(TOML_TABLE);
    add(at, table, key, named);
  } else if (named->kind != TOML_TABLE || named->origin != TOML_BY_CHILD) {
    return refuse(at, "this table was given before");
  }
  named->origin = TOML_BY_HEADER;
  *current = named;
  return true;
}

static bool read_document(struct cursor *at, struct toml_value *root) {
  if (!check_utf8(at)) return false;
  if (at->end - at->next >= 3 && memcmp(at->next, "\xef\xbb\xbf", 3) == 0) at->next += 3;
  struct toml_value *current = root;
  for (;;) {
    if (!skip_blank_lines(at)) return false;
    if (at->next >= at->end) return true;
    bool read = *at->next == '[' ? read_header(at, root, &current) : read_pair(at, current, 0);
    if (!read || !read_line_end(at)) return false;
  }
}

struct toml_value *toml_read(const char *bytes, size_t size, struct toml_problem *problem) {
  struct cursor at = {.next = bytes, .end = bytes + size, .line = 1};
  struct toml_value *root = new_value(TOML_TABLE);
  root->origin = TOML_BY_HEADER;
  if (read_document(&at, root)) return root;
  *problem = (struct toml_problem){.line = at.line, .message = at.message};
  return NULL;
}

struct toml_value *toml_member(const struct toml_value *table, const char *key) {
  size_t size = strlen(key);
  for (struct toml_entry *entry = table->first; entry != NULL; entry = entry->next) {
    if (entry->key.size == size && memcmp(entry->key.bytes, key, size) == 0) return entry->value;
  }
  return NULL;
}
