/* confine: one program in namespaces of its own, without any capability, and its process 1. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPORT = 3 };

static void give_report(int kind, int value) {
  struct report report = {kind, value};
  (void)!write(REPORT, &report, sizeof report);
}

static void give_up(int kind) {
  give_report(kind, errno);
  _exit(127);
}

static void check(int failed) {
  if (failed != 0) give_up(NOT_CONFINED);
}

static void mount_new(const char *type, const char *place, unsigned long flags, const char *data) {
  check(mount(type, place, type, MS_NOSUID | MS_NODEV | flags, data));
}

static void mount_own(const struct rules *rules) {
  mount_new("proc", "/proc", MS_NOEXEC, NULL);
  for (char **name = rules->read_only; *name != NULL; name++) {
    char path[256];
    snprintf(path, sizeof path, "/proc/%s", *name);
    if (mount(path, path, NULL, MS_BIND, NULL) != 0) {
      if (errno == ENOENT) continue;
      give_up(NOT_CONFINED);
    }
    check(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
  }
  mount_new("tmpfs", "/dev/shm", 0, "mode=1777");
}

static void make_folders(const char *path) {
  char folder[4096];
  check(snprintf(folder, sizeof folder, "%s/", path) >= (int)sizeof folder);
  for (char *end = folder + 1; (end = strchr(end, '/')) != NULL; *end++ = '/') {
    *end = '\0';
    check(mkdir(folder, 0755) != 0 && errno != EEXIST);
  }
}

/* An empty /tmp, with the mounts that lie in it. */
static void mount_temporary(char **kept) {
  int folders[64];
  size_t count = 0;
  for (; kept[count] != NULL; count++) {
    errno = E2BIG;
    check(count == sizeof folders / sizeof *folders);
    check((folders[count] = open(kept[count], O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0);
  }
  mount_new("tmpfs", "/tmp", 0, "mode=1777");
  for (size_t index = 0; index < count; index++) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", folders[index]);
    make_folders(kept[index]);
    check(mount(path, kept[index], NULL, MS_BIND, NULL));
    close(folders[index]);
  }
}

static void drop_capabilities(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {{0}};
  check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  check((int)syscall(SYS_capset, &header, none));
}

static void write_text(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  check(file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text));
  close(file);
}

/* In a namespace of users where there is nobody else. */
static void become(const struct rules *rules) {
  char map[64];
  uid_t uid = getuid();
  gid_t gid = getgid();
  /* Files in /proc belong to root otherwise. */
  check(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
  check(unshare(CLONE_NEWUSER));
  snprintf(map, sizeof map, "%s %u 1", rules->uid, uid);
  write_text("/proc/self/uid_map", map);
  write_text("/proc/self/setgroups", "deny");
  snprintf(map, sizeof map, "%s %u 1", rules->gid, gid);
  write_text("/proc/self/gid_map", map);
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) check(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
  drop_capabilities();
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void start(const struct rules *rules, const struct program *program) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  fcntl(REPORT, F_SETFD, FD_CLOEXEC);
  setsid();
  become(rules);
  if (chdir(program->folder) != 0) give_up(NO_FOLDER);
  environ = program->environment;
  execvp(program->words[0], program->words);
  if (errno == ENOEXEC && strchr(program->words[0], '/') != NULL) {
    /* A script without a first line that names its shell: the word before the first is free for it. */
    program->words[-1] = "sh";
    execv("/bin/sh", program->words - 1);
  }
  give_up(NOT_STARTED);
}

/* Passes signals of the outside on, and collects what ends, until the program itself has. */
static void attend(pid_t program, const sigset_t *all) {
  for (;;) {
    siginfo_t info;
    int number = sigwaitinfo(all, &info);
    if (number < 0) continue;
    /* Whoever is outside has no number here. */
    if (number != SIGCHLD && info.si_pid == 0) kill(program, number == KILL_PROGRAM ? SIGKILL : number);
    int status;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended != program) continue;
      give_report(ENDED, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
      _exit(0);
    }
  }
}

void confine(const struct rules *rules, const struct program *program) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  mount_own(rules);
  mount_temporary(rules->kept);
  pid_t child = fork();
  check(child < 0);
  if (child == 0) start(rules, program);
  drop_capabilities();
  for (int descriptor = 0; descriptor < REPORT; descriptor++) close(descriptor);
  attend(child, &all);
  _exit(127);
}
