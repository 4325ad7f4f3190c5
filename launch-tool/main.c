/* Small programs that images need at launch, where there is no shell and no Node.js. See README.md. */
#include <stdio.h>
#include <string.h>

#include "tool.h"

int main(int count, char **words) {
  const char *slash = count > 0 ? strrchr(words[0], '/') : NULL;
  const char *name = slash != NULL ? slash + 1 : count > 0 ? words[0] : "";
  if (strcmp(name, "ca-certificates") == 0 && count == 1) return ca_certificates();
  if (strcmp(name, "start-nginx") == 0 && count == 4) return start_nginx(count - 1, words + 1);
  fputs("usage: ca-certificates | start-nginx PREFIX NGINX TEMPLATE\n", stderr);
  return 2;
}
