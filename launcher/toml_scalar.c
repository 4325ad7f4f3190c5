#include "toml_scalar.h"

#include <stdint.h>
#include <string.h>

#include "utf8.h"

bool refuse(struct cursor *at, const char *message) {
  at->message = message;
  return false;
}

static size_t left(const struct cursor *at) { return (size_t)(at->end - at->next); }

static bool starts(const struct cursor *at, const char *text) {
  size_t size = strlen(text);
  return left(at) >= size && memcmp(at->next, text, size) == 0;
}

bool check_utf8(struct cursor *at) {
  for (const char *here = at->next; here < at->end;) {
    size_t length = utf8_length(here, (size_t)(at->end - here));
    if (length == 0) return refuse(at, "this is not UTF-8");
    if (*here == '\n') at->line++;
    here += length;
  }
  at->line = 1;
  return true;
}

/* Control characters other than tab stand nowhere in TOML but in line ends. */
static bool is_control(char character) {
  unsigned char byte = (unsigned char)character;
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

void skip_blanks(struct cursor *at) {
  while (at->next < at->end && (*at->next == ' ' || *at->next == '\t')) at->next++;
}

/* The bytes of a line end here: 0, 1 or 2. */
static size_t line_end(const struct cursor *at) { return starts(at, "\n") ? 1 : starts(at, "\r\n") ? 2 : 0; }

static bool skip_comment(struct cursor *at) {
  if (!starts(at, "#")) return true;
  while (at->next < at->end && line_end(at) == 0) {
    if (is_control(*at->next)) return refuse(at, "control characters cannot stand in a comment");
    at->next++;
  }
  return true;
}

bool skip_blank_lines(struct cursor *at) {
  for (;;) {
    skip_blanks(at);
    if (!skip_comment(at)) return false;
    size_t size = line_end(at);
    if (size == 0) return true;
    at->next += size;
    at->line++;
  }
}

bool read_line_end(struct cursor *at) {
  skip_blanks(at);
  if (!skip_comment(at)) return false;
  if (at->next < at->end && line_end(at) == 0) return refuse(at, "want the end of the line");
  return true;
}

bool is_bare_key_character(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || (character >= '0' && character <= '9') ||
         character == '_' || character == '-';
}

static int hexadecimal(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return -1;
}

/* `\u` and 4, or `\U` and 8 hexadecimal digits. */
static bool read_unicode_escape(struct cursor *at, size_t digits, char **target) {
  uint32_t scalar = 0;
  if (left(at) < digits) return refuse(at, "an escape in a string is cut short");
  for (size_t i = 0; i < digits; i++) {
    int digit = hexadecimal(at->next[i]);
    if (digit < 0) return refuse(at, "want hexadecimal digits in an escape");
    scalar = scalar << 4 | (uint32_t)digit;
  }
  size_t length = utf8_write(scalar, *target);
  if (length == 0) return refuse(at, "an escape names no character");
  at->next += digits;
  *target += length;
  return true;
}

/* What follows a backslash; every escape is at least as long as what it stands for. */
static bool read_escape(struct cursor *at, char **target) {
  static const char letters[] = "btnfr\"\\";
  static const char meanings[] = "\b\t\n\f\r\"\\";
  if (at->next >= at->end) return refuse(at, "a string is not closed");
  char letter = *at->next++;
  if (letter == 'u') return read_unicode_escape(at, 4, target);
  if (letter == 'U') return read_unicode_escape(at, 8, target);
  const char *found = letter == '\0' ? NULL : strchr(letters, letter);
  if (found == NULL) return refuse(at, "an escape in a string is unknown");
  *(*target)++ = meanings[found - letters];
  return true;
}

static void finish(struct text *string, char *end) {
  *end = '\0';
  string->size = (size_t)(end - string->bytes);
}

/* Room for what the quoted text at the cursor can become: it never grows. Bounded by its closing quote, not by the document. */
static char *room_for(const struct cursor *at, const char *closing) {
  size_t quotes = strlen(closing);
  const char *here = at->next;
  while (here < at->end && ((size_t)(at->end - here) < quotes || memcmp(here, closing, quotes) != 0)) {
    here += *closing == '"' && *here == '\\' && at->end - here > 1 ? 2 : 1;
  }
  return allocate((size_t)(here - at->next) + 3);
}

bool read_basic_string(struct cursor *at, struct text *string) {
  at->next++;
  char *target = string->bytes = room_for(at, "\"");
  for (;;) {
    if (at->next >= at->end || is_control(*at->next)) return refuse(at, "a string is not closed on its line");
    char character = *at->next++;
    if (character == '"') break;
    if (character == '\\') {
      if (!read_escape(at, &target)) return false;
    } else {
      *target++ = character;
    }
  }
  finish(string, target);
  return true;
}

bool read_literal_string(struct cursor *at, struct text *string) {
  at->next++;
  char *target = string->bytes = room_for(at, "'");
  for (;;) {
    if (at->next >= at->end || is_control(*at->next)) return refuse(at, "a string is not closed on its line");
    char character = *at->next++;
    if (character == '\'') break;
    *target++ = character;
  }
  finish(string, target);
  return true;
}

/* After a backslash at the end of a line: skips to the next character that is no blank. False when there is no line end. */
static bool skip_folded_lines(struct cursor *at) {
  struct cursor ahead = *at;
  skip_blanks(&ahead);
  if (line_end(&ahead) == 0) return false;
  for (;;) {
    skip_blanks(&ahead);
    size_t size = line_end(&ahead);
    if (size == 0) break;
    ahead.next += size;
    ahead.line++;
  }
  at->next = ahead.next;
  at->line = ahead.line;
  return true;
}

static bool read_multiline_string(struct cursor *at, const char *quotes, struct text *string) {
  char quote = *quotes;
  at->next += 3;
  size_t first = line_end(at);
  at->next += first;
  at->line += first > 0;
  char *target = string->bytes = room_for(at, quotes);
  for (;;) {
    if (at->next >= at->end) return refuse(at, "a string is not closed");
    if (starts(at, quotes)) break;
    size_t size = line_end(at);
    if (size > 0) {
      memcpy(target, at->next, size);
      target += size;
      at->next += size;
      at->line++;
    } else if (is_control(*at->next)) {
      return refuse(at, "control characters cannot stand in a string");
    } else if (quote == '"' && *at->next == '\\') {
      at->next++;
      if (!skip_folded_lines(at) && !read_escape(at, &target)) return false;
    } else {
      *target++ = *at->next++;
    }
  }
  at->next += 3;
  /* One or two more quotes belong to the string: its closing ones are the last three. */
  for (int extra = 0; extra < 2 && at->next < at->end && *at->next == quote; extra++) *target++ = *at->next++;
  finish(string, target);
  return true;
}

bool read_string(struct cursor *at, struct text *string) {
  if (starts(at, "\"\"\"")) return read_multiline_string(at, "\"\"\"", string);
  if (starts(at, "'''")) return read_multiline_string(at, "'''", string);
  return *at->next == '"' ? read_basic_string(at, string) : read_literal_string(at, string);
}

/* Digits in which single underscores may separate; how many bytes. 0: none, or a misplaced underscore. */
static size_t digits(const char *text, int base) {
  size_t at = 0;
  for (;; at++) {
    int digit = hexadecimal(text[at]);
    if (digit >= 0 && digit < base) continue;
    if (text[at] == '_' && at > 0 && text[at - 1] != '_') continue;
    break;
  }
  return at > 0 && text[at - 1] == '_' ? 0 : at;
}

static bool is_number(const char *text) {
  if (text[0] == '0' && (text[1] == 'x' || text[1] == 'o' || text[1] == 'b')) {
    size_t size = digits(text + 2, text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : 2);
    return size > 0 && text[2 + size] == '\0';
  }
  if (*text == '+' || *text == '-') text++;
  if (strcmp(text, "inf") == 0 || strcmp(text, "nan") == 0) return true;
  size_t whole = digits(text, 10);
  if (whole == 0 || (whole > 1 && text[0] == '0')) return false;
  text += whole;
  if (*text == '.') {
    size_t fraction = digits(++text, 10);
    if (fraction == 0) return false;
    text += fraction;
  }
  if (*text == 'e' || *text == 'E') {
    text++;
    if (*text == '+' || *text == '-') text++;
    size_t exponent = digits(text, 10);
    if (exponent == 0) return false;
    text += exponent;
  }
  return *text == '\0';
}

/* Reads exactly `count` digits of a number from `low` to `high`. */
static bool field(const char **text, int count, int low, int high, int *number) {
  int value = 0;
  for (int i = 0; i < count; i++) {
    char character = (*text)[i];
    if (character < '0' || character > '9') return false;
    value = value * 10 + (character - '0');
  }
  *text += count;
  *number = value;
  return value >= low && value <= high;
}

static bool is_time(const char *text) {
  int year, month, day, part;
  bool dated = strlen(text) >= 10 && text[4] == '-';
  if (dated) {
    static const int longest[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!field(&text, 4, 0, 9999, &year) || *text++ != '-' || !field(&text, 2, 1, 12, &month) || *text++ != '-') return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (!field(&text, 2, 1, month == 2 && !leap ? 28 : longest[month - 1], &day)) return false;
    if (*text == '\0') return true;
    if (*text != 'T' && *text != 't' && *text != ' ') return false;
    text++;
  }
  if (!field(&text, 2, 0, 23, &part) || *text++ != ':' || !field(&text, 2, 0, 59, &part) || *text++ != ':' || !field(&text, 2, 0, 60, &part)) return false;
  if (*text == '.') {
    text++;
    if (*text < '0' || *text > '9') return false;
    while (*text >= '0' && *text <= '9') text++;
  }
  if (*text == '\0') return true;
  if (!dated) return false;
  if ((*text == 'Z' || *text == 'z') && text[1] == '\0') return true;
  if (*text != '+' && *text != '-') return false;
  text++;
  return field(&text, 2, 0, 23, &part) && *text++ == ':' && field(&text, 2, 0, 59, &part) && *text == '\0';
}

static bool is_plain_character(char character) { return is_bare_key_character(character) || character == '+' || character == '.' || character == ':'; }

bool read_plain(struct cursor *at, struct toml_value *value) {
  const char *start = at->next;
  while (at->next < at->end && is_plain_character(*at->next)) at->next++;
  /* A blank may stand between a date and its time. */
  if (at->next - start == 10 && start[4] == '-' && left(at) >= 2 && *at->next == ' ' && at->next[1] >= '0' && at->next[1] <= '9') {
    at->next++;
    while (at->next < at->end && is_plain_character(*at->next)) at->next++;
  }
  if (at->next == start) return refuse(at, "want a value");
  const char *text = copy(start, (size_t)(at->next - start));
  if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
    value->kind = TOML_BOOLEAN;
    value->boolean = *text == 't';
  } else if (is_number(text)) {
    value->kind = TOML_NUMBER;
  } else if (is_time(text)) {
    value->kind = TOML_TIME;
  } else {
    return refuse(at, "this is no value");
  }
  return true;
}
