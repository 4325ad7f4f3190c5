#include <stdlib.h>
#include <string.h>

#include "tool.h"

/* The value of what stands between "{{" and "}}"; NULL when it is nothing that is replaced. */
static const char *value_of(const char *expression, const struct setting *settings, size_t count) {
  size_t length = strlen(expression);
  for (size_t at = 0; at < count; at++) {
    if (strcmp(settings[at].name, expression) == 0) return settings[at].value;
  }
  if (strncmp(expression, "env \"", 5) != 0 || length < 7 || expression[length - 1] != '"') return NULL;
  const char *name = copy(expression + 5, length - 6);
  const char *value = getenv(name);
  if (value == NULL) fail(EXIT_LAUNCH, "launch: the variable ", shown(name), ", which the nginx configuration asks for, is not set", NULL);
  return value;
}

struct text render(struct text template, const struct setting *settings, size_t count) {
  struct text rendered = {0};
  const char *rest = template.bytes;
  for (const char *open; (open = strstr(rest, "{{")) != NULL;) {
    const char *close = strstr(open, "}}");
    if (close == NULL) break;
    const char *value = value_of(copy(open + 2, (size_t)(close - open - 2)), settings, count);
    append(&rendered, rest, (size_t)(open - rest));
    if (value == NULL) append(&rendered, open, 2);
    else append_string(&rendered, value);
    rest = value == NULL ? open + 2 : close + 2;
  }
  append_string(&rendered, rest);
  return rendered;
}
