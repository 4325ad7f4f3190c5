/* session: a program for which fakeroot remembers owners, from one table of owners to the next. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* How faked writes down what it knows of one file. */
#define LINE "dev=%llx,ino=%llu,mode=%llo,uid=%llu,gid=%llu,nlink=%llu,rdev=%llu\n"

struct record {
  unsigned long long dev, ino, mode, uid, gid, nlink, rdev;
};

struct table {
  struct record *records;
  size_t count;
};

/* What faked knew of the files before, what it knows now, and where that is written. */
struct owners {
  struct table before, after;
  FILE *result;
};

static char *join(const char *folder, const char *name) {
  size_t length = strlen(folder) + strlen(name) + 2;
  char *path = allocate(length);
  snprintf(path, length, "%s/%s", folder, name);
  return path;
}

static FILE *open_stream(const char *path, const char *mode) {
  FILE *stream = fopen(path, mode);
  if (stream == NULL) fail("open", path);
  return stream;
}

/* What stands for a device is an empty file. */
static int same_type(mode_t real, mode_t known) {
  return (real & S_IFMT) == (known & S_IFMT) || (S_ISREG(real) && (S_ISCHR(known) || S_ISBLK(known)));
}

/* Paths are what stays of a file from one mount to the next; faked knows files by their numbers. */
static void write_known_files(const char *table, const char *target) {
  FILE *from = open_stream(table, "re");
  FILE *to = open_stream(target, "we");
  for (char *text; (text = next_record(from)) != NULL;) {
    unsigned long uid = number(strsep(&text, " "), 10);
    unsigned long gid = number(strsep(&text, " "), 10);
    unsigned long mode = number(strsep(&text, " "), 8);
    unsigned long major = number(strsep(&text, " "), 10);
    unsigned long minor = number(strsep(&text, " "), 10);
    char *path = join("", text);
    struct stat stat;
    if (lstat(path, &stat) == 0 && same_type(stat.st_mode, (mode_t)mode))
      fprintf(to, LINE, (unsigned long long)stat.st_dev, (unsigned long long)stat.st_ino, (unsigned long long)mode, (unsigned long long)uid,
              (unsigned long long)gid, 1ULL, (unsigned long long)makedev(major, minor));
    free(path);
  }
  if (fclose(from) != 0 || fclose(to) != 0) fail("write", target);
}

/* Returns the number of the process, and the key that faked is reached by. */
static pid_t start_faked(char **words, const char *known, const char *save, char *key, size_t size) {
  int output[2];
  if (pipe2(output, O_CLOEXEC) != 0) fail("make", "a pipe");
  pid_t child = fork();
  if (child < 0) fail("start", "faked");
  if (child == 0) {
    int input = open(known, O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0 || dup2(output[1], 1) < 0) fail("open", known);
    execl(words[0], words[0], "--inhibit-cache", "--library-path", words[1], words[2], "--foreground", "--load", "--save-file", save, (char *)NULL);
    fail("start", words[2]);
  }
  close(output[1]);
  FILE *stream = fdopen(output[0], "re");
  if (stream == NULL || fgets(key, (int)size, stream) == NULL) fail("hear from", "faked");
  key[strcspn(key, ":\n")] = '\0';
  /* Left open: faked would be ended by writing to a pipe that nobody reads. */
  return child;
}

static int by_file(const void *left, const void *right) {
  const struct record *a = left, *b = right;
  if (a->dev != b->dev) return a->dev < b->dev ? -1 : 1;
  return a->ino < b->ino ? -1 : a->ino > b->ino;
}

static struct table read_table(const char *path) {
  struct table table = {0};
  FILE *from = open_stream(path, "re");
  struct record next;
  size_t room = 0;
  while (fscanf(from, LINE, &next.dev, &next.ino, &next.mode, &next.uid, &next.gid, &next.nlink, &next.rdev) == 7) {
    if (table.count == room) {
      room = room == 0 ? 1024 : room * 2;
      table.records = realloc(table.records, room * sizeof next);
      if (table.records == NULL) fail("get memory for", path);
    }
    table.records[table.count++] = next;
  }
  if (!feof(from)) fail("read", path);
  fclose(from);
  qsort(table.records, table.count, sizeof next, by_file);
  return table;
}

static struct record *find(const struct table *table, const struct stat *stat) {
  struct record wanted = {.dev = stat->st_dev, .ino = stat->st_ino};
  return bsearch(&wanted, table->records, table->count, sizeof wanted, by_file);
}

static void print_owner(int parent, const char *name, const char *path, const struct stat *stat, void *data) {
  struct owners *owners = data;
  struct record *now = find(&owners->after, stat), *before = find(&owners->before, stat);
  /* A number that was used again: faked did not see the old file go. */
  if (now == NULL || !same_type(stat->st_mode, (mode_t)now->mode)) return;
  fprintf(owners->result, "%llu %llu %llo %u %u %s%c", now->uid, now->gid, now->mode, major((dev_t)now->rdev), minor((dev_t)now->rdev), path, 0);
  if (before != NULL && before->uid == now->uid && before->gid == now->gid && before->mode == now->mode) return;
  /* The overlay has not seen a change of owners that did not reach it. */
  struct timespec times[2] = {stat->st_atim, stat->st_mtim};
  if (utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) != 0) fail("touch", path);
}

static void write_owners(const char *known, const char *save, const char *result) {
  struct owners owners = {.before = read_table(known), .after = read_table(save), .result = open_stream(result, "we")};
  int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat stat;
  if (root < 0 || fstat(root, &stat) != 0) fail("open", "/");
  walk(root, stat.st_dev, print_owner, &owners);
  if (fclose(owners.result) != 0) fail("write", result);
}

/* STATE PRELOAD LOADER LIBRARIES FAKED COMMAND...: reads STATE/known, leaves STATE/owners. */
int session_command(int count, char **words) {
  (void)count;
  close_others();
  char *known = join(words[0], "known.lines"), *save = join(words[0], "save.lines");
  write_known_files(join(words[0], "known"), known);
  char key[64];
  pid_t faked = start_faked(words + 2, known, save, key, sizeof key);
  pid_t child = fork();
  if (child < 0) fail("start", words[5]);
  if (child == 0) {
    const char *others = getenv("LD_PRELOAD");
    char *preload = join(words[1], others == NULL ? "" : others);
    preload[strlen(words[1])] = others == NULL ? '\0' : ':';
    if (setenv("LD_PRELOAD", preload, 1) != 0 || setenv("FAKEROOTKEY", key, 1) != 0 || setenv("FAKEROOTDONTTRYCHOWN", "1", 1) != 0) fail("set", "LD_PRELOAD");
    execvp(words[5], words + 5);
    fprintf(stderr, "bwrap: execvp %s: %s\n", words[5], strerror(errno));
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  kill(faked, SIGTERM);
  while (waitpid(faked, NULL, 0) < 0 && errno == EINTR) continue;
  write_owners(known, save, join(words[0], "owners"));
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
