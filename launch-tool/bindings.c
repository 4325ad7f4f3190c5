#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tool.h"

#define MAXIMUM_FILE (16u << 20)

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

/* Whether a binding's file `type` says ca-certificates, in any case and with any space around. */
static bool is_of_certificates(const char *binding) {
  struct text type;
  if (!read_file(join(binding, "/type", NULL), 4096, &type)) return false;
  char *start = type.bytes;
  while (isspace((unsigned char)*start)) start++;
  char *end = start + strlen(start);
  while (end > start && isspace((unsigned char)end[-1])) *--end = '\0';
  return strcasecmp(start, "ca-certificates") == 0;
}

void add_certificates(struct text *pem, const char *folder, const char *what, int *files) {
  struct dirent **entries;
  int count = scandir(folder, &entries, is_visible, alphasort);
  for (int at = 0; at < count; at++) {
    const char *name = entries[at]->d_name;
    if (strcmp(name, "type") == 0 || strcmp(name, "provider") == 0) continue;
    struct text content;
    const char *path = join(folder, "/", name, NULL);
    if (!read_file(path, MAXIMUM_FILE, &content)) {
      if (errno == EISDIR) continue;
      fail(EXIT_LAUNCH, "launch: read ", what, ": ", shown(path), ": ", strerror(errno), NULL);
    }
    if (strstr(content.bytes, "-----BEGIN CERTIFICATE-----") == NULL)
      fail(EXIT_LAUNCH, "launch: read ", what, ": ", shown(path), " holds no PEM certificate", NULL);
    append(pem, content.bytes, content.size);
    append_string(pem, "\n");
    ++*files;
  }
}

struct text bound_certificates(const char *bindings, int *files) {
  struct text pem = {0};
  struct dirent **entries;
  int count = scandir(bindings, &entries, is_visible, alphasort);
  for (int at = 0; at < count; at++) {
    const char *binding = join(bindings, "/", entries[at]->d_name, NULL);
    if (is_of_certificates(binding)) add_certificates(&pem, binding, "certificates of a binding", files);
  }
  return pem;
}
