/* The lexical half of the TOML reader: blanks, strings, numbers, booleans, times. */
#ifndef TSPACK_LAUNCHER_TOML_SCALAR_H
#define TSPACK_LAUNCHER_TOML_SCALAR_H

#include <stdbool.h>

#include "index.h"
#include "toml.h"

/* Where the reader stands, and what it found wrong. */
struct cursor {
  const char *next;
  const char *end;
  long line;
  const char *message;
  struct index index;
};

/* Notes the problem; always false, so that readers can return it. */
bool refuse(struct cursor *at, const char *message);

bool check_utf8(struct cursor *at);
void skip_blanks(struct cursor *at);
/* Blanks, line ends and comments. */
bool skip_blank_lines(struct cursor *at);
/* What may follow a value or a header: blanks, a comment, a line end or the end. */
bool read_line_end(struct cursor *at);

bool is_bare_key_character(char character);
bool read_basic_string(struct cursor *at, struct text *string);
bool read_literal_string(struct cursor *at, struct text *string);
/* Any of the four kinds of string. */
bool read_string(struct cursor *at, struct text *string);
/* A boolean, number, date or time. */
bool read_plain(struct cursor *at, struct toml_value *value);

#endif
