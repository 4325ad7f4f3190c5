/* own, list, copy, remove: what a tree of files looks like, and how it is given its owners. */
#include "tool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OPAQUE "user.overlay.opaque"
#define CAPABILITY "security.capability"

static int open_folder(int parent, const char *name) {
  return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void walk_below(int folder, const char *path, dev_t device, visitor *visit, void *data) {
  DIR *stream = fdopendir(folder);
  if (stream == NULL) fail("list", path);
  struct dirent *entry;
  errno = 0;
  while ((entry = readdir(stream)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    size_t length = strlen(path) + strlen(entry->d_name) + 2;
    char *below = allocate(length);
    snprintf(below, length, "%s%s%s", path, *path == '\0' ? "" : "/", entry->d_name);
    struct stat stat;
    if (fstatat(dirfd(stream), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) != 0) fail("look at", below);
    if (device == 0 || stat.st_dev == device) {
      visit(dirfd(stream), entry->d_name, below, &stat, data);
      if (S_ISDIR(stat.st_mode)) {
        int inner = open_folder(dirfd(stream), entry->d_name);
        if (inner < 0) fail("open", below);
        walk_below(inner, below, device, visit, data);
      }
    }
    free(below);
    errno = 0;
  }
  if (errno != 0) fail("list", path);
  closedir(stream);
}

void walk(int folder, dev_t device, visitor *visit, void *data) { walk_below(folder, "", device, visit, data); }

static int open_top(const char *name) {
  int folder = open_folder(AT_FDCWD, name);
  if (folder < 0) fail("open", name);
  return folder;
}

/* Records in a file: "o UID GID MODE PATH", "w PATH" makes a whiteout, "q PATH" marks a folder as opaque. */
int own_command(int count, char **words) {
  (void)count;
  int folder = open_top(words[0]);
  FILE *records = fopen(words[1], "re");
  if (records == NULL) fail("open", words[1]);
  if (fchdir(folder) != 0) fail("enter", words[0]);
  for (char *record; (record = next_record(records)) != NULL;) {
    if (record[0] == 'w') {
      if (mknod(record + 2, S_IFCHR, makedev(0, 0)) != 0) fail("mark as removed", record + 2);
    } else if (record[0] == 'q') {
      if (setxattr(record + 2, OPAQUE, "y", 1, 0) != 0) fail("mark as opaque", record + 2);
    } else {
      char *rest = record + 2;
      unsigned long values[3];
      for (int index = 0; index < 3; index++) values[index] = number(strsep(&rest, " "), index == 2 ? 8 : 10);
      if (lchown(rest, (uid_t)values[0], (gid_t)values[1]) != 0) fail("change the owner of", rest);
      struct stat stat;
      if (lstat(rest, &stat) != 0) fail("look at", rest);
      /* After the owner, whose change takes setuid bits away. */
      if (!S_ISLNK(stat.st_mode) && chmod(rest, (mode_t)values[2]) != 0) fail("change the mode of", rest);
    }
  }
  return 0;
}

static void print_entry(int parent, const char *name, const char *path, const struct stat *stat, void *data) {
  (void)data;
  char kind = S_ISDIR(stat->st_mode)    ? 'd'
              : S_ISREG(stat->st_mode)  ? 'f'
              : S_ISLNK(stat->st_mode)  ? 'l'
              : S_ISFIFO(stat->st_mode) ? 'p'
              : S_ISCHR(stat->st_mode)  ? 'c'
              : S_ISBLK(stat->st_mode)  ? 'b'
                                        : 's';
  char link[8192] = "";
  char flag = '-';
  if (kind == 'l') {
    ssize_t length = readlinkat(parent, name, link, sizeof link - 1);
    if (length < 0) fail("read the link", path);
    link[length] = '\0';
  } else if (kind == 'd' || kind == 'f') {
    int file = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) fail("open", path);
    char value;
    if (kind == 'd' && fgetxattr(file, OPAQUE, &value, 1) == 1 && value == 'y') flag = 'o';
    if (kind == 'f' && fgetxattr(file, CAPABILITY, NULL, 0) > 0) flag = 'c';
    close(file);
  }
  printf("%c %o %u %u %lld %u %u %c", kind, stat->st_mode & 07777, stat->st_uid, stat->st_gid, (long long)stat->st_size, major(stat->st_rdev),
         minor(stat->st_rdev), flag);
  printf("%c%s%c%s%c", 0, path, 0, link, 0);
}

int list_command(int count, char **words) {
  (void)count;
  walk(open_top(words[0]), 0, print_entry, NULL);
  if (fflush(stdout) != 0) fail("print", "the list");
  return 0;
}

/* Copies the files that RECORDS names to TARGET/0, TARGET/1, ..., readable to everybody. */
int copy_command(int count, char **words) {
  (void)count;
  int source = open_top(words[0]);
  int target = open_top(words[1]);
  FILE *records = fopen(words[2], "re");
  if (records == NULL) fail("open", words[2]);
  unsigned index = 0;
  for (char *record; (record = next_record(records)) != NULL; index++) {
    char name[16];
    snprintf(name, sizeof name, "%u", index);
    int from = openat(source, record, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0) fail("open", record);
    int to = openat(target, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (to < 0) fail("make", name);
    static char buffer[1 << 16];
    ssize_t length;
    while ((length = read(from, buffer, sizeof buffer)) > 0) {
      for (ssize_t done = 0; done < length;) {
        ssize_t wrote = write(to, buffer + done, (size_t)(length - done));
        if (wrote < 0) fail("copy", record);
        done += wrote;
      }
    }
    if (length < 0) fail("read", record);
    close(from);
    close(to);
  }
  return 0;
}

static void remove_below(int folder, const char *shown) {
  DIR *stream = fdopendir(folder);
  if (stream == NULL) fail("list", shown);
  struct dirent *entry;
  while ((entry = readdir(stream)) != NULL) {
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    if (unlinkat(dirfd(stream), name, 0) == 0) continue;
    int inner = open_folder(dirfd(stream), name);
    if (inner < 0) fail("remove", name);
    remove_below(inner, name);
    if (unlinkat(dirfd(stream), name, AT_REMOVEDIR) != 0) fail("remove", name);
  }
  closedir(stream);
}

/* Empties a folder; it stays. */
int remove_command(int count, char **words) {
  (void)count;
  remove_below(open_top(words[0]), words[0]);
  return 0;
}
