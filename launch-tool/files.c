#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

void append(struct text *text, const char *bytes, size_t size) {
  text->bytes = reallocate(text->bytes, text->size + size + 1);
  memcpy(text->bytes + text->size, bytes, size);
  text->size += size;
  text->bytes[text->size] = '\0';
}

void append_string(struct text *text, const char *string) { append(text, string, strlen(string)); }

char *make_folder(const char *name) {
  /* With a read-only root, containers still have a writable /dev/shm. */
  const char *places[] = {getenv("TMPDIR"), "/tmp", "/dev/shm", "/var/tmp"};
  for (size_t at = 0; at < sizeof places / sizeof *places; at++) {
    if (places[at] == NULL || places[at][0] != '/') continue;
    char *folder = join(places[at], "/", name, "-XXXXXX", NULL);
    if (mkdtemp(folder) != NULL) return folder;
  }
  fail(EXIT_LAUNCH, "launch: ", name, ": cannot write to TMPDIR, /tmp, /dev/shm or /var/tmp: mount a tmpfs at /tmp", NULL);
}

void write_file(const char *path, struct text content) {
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  for (size_t done = 0; file >= 0 && done < content.size;) {
    ssize_t count = write(file, content.bytes + done, content.size - done);
    if (count > 0) done += (size_t)count;
    else if (count == 0 || errno != EINTR) {
      close(file);
      file = -1;
    }
  }
  if (file < 0 || close(file) != 0) fail(EXIT_LAUNCH, "launch: write ", shown(path), ": ", strerror(errno), NULL);
}
