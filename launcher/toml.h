/* A reader of TOML 1.0 documents: the whole language, kept as a tree. */
#ifndef TSPACK_LAUNCHER_TOML_H
#define TSPACK_LAUNCHER_TOML_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

enum toml_kind {
  TOML_STRING,
  TOML_BOOLEAN,
  TOML_NUMBER, /* integers and floats; checked, not kept */
  TOML_TIME,   /* dates and times; checked, not kept */
  TOML_ARRAY,
  TOML_TABLE,
};

/* How a table came to be, which decides what may still be added to it. */
enum toml_origin {
  TOML_BY_CHILD,  /* named only in the header of a table inside it */
  TOML_BY_HEADER, /* has its own header */
  TOML_BY_KEY,    /* named in a dotted key */
  TOML_INLINE,    /* complete where it stands */
};

struct toml_value {
  enum toml_kind kind;
  enum toml_origin origin; /* of tables; TOML_BY_HEADER in an array of tables */
  bool boolean;
  struct text string;
  struct toml_entry *first; /* members of a table, items of an array, in order */
  struct toml_entry *last;
};

struct toml_entry {
  struct text key; /* empty in arrays */
  struct toml_value *value;
  struct toml_entry *next;
};

struct toml_problem {
  long line;
  const char *message; /* what is wrong or wanted */
};

/* Reads a document into its root table; NULL, and the problem, when it is not TOML 1.0. */
struct toml_value *toml_read(const char *bytes, size_t size, struct toml_problem *problem);

/* The member of a table; NULL when there is none. */
struct toml_value *toml_member(const struct toml_value *table, const char *key);

#endif
