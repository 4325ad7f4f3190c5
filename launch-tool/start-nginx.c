#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

#define MAXIMUM_TEMPLATE (4u << 20)
#define DEFAULT_PORT "8080"

/* Signals that reach nginx through here, and SIGCHLD, which is for this program. */
static const int SIGNALS[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGCHLD};

static const char *port(void) {
  const char *value = getenv("PORT");
  if (value == NULL || *value == '\0') return DEFAULT_PORT;
  char *end;
  long number = strtol(value, &end, 10);
  if (value[0] < '0' || value[0] > '9' || *end != '\0' || number < 1 || number > 65535)
    fail(EXIT_LAUNCH, "launch: PORT is \"", shown(value), "\": want a number from 1 to 65535", NULL);
  return decimal(number);
}

/* The directive that makes nginx listen on IPv6 too; nothing where this container has none, because nginx would not start. */
static const char *listen_ipv6(const char *number) {
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
  int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool has = probe >= 0 && bind(probe, (struct sockaddr *)&any, sizeof any) == 0;
  if (probe >= 0) close(probe);
  return has ? join("listen [::]:", number, ";", NULL) : "";
}

/*
 * Where nginx writes its access log: it opens a path. Standard output cannot be opened when it is a socket, as under a supervisor, or
 * belongs to somebody else; then nginx writes to a pipe, and this program passes on what it reads there. -1 in `relay` where it can.
 */
static const char *access_log(const char *folder, int *relay) {
  *relay = -1;
  int file = open("/dev/stdout", O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
  if (file >= 0) {
    close(file);
    return "/dev/stdout";
  }
  const char *pipe = join(folder, "/access.log", NULL);
  /* Open for writing too, so that it does not end when nginx closes it. */
  if (mkfifo(pipe, 0600) != 0 || (*relay = open(pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
    fail(EXIT_LAUNCH, "launch: make ", shown(pipe), ": ", strerror(errno), NULL);
  return pipe;
}

/* Passes on what is there. */
static void pass_on(int relay) {
  char buffer[65536];
  for (ssize_t count; (count = read(relay, buffer, sizeof buffer)) > 0;) {
    for (ssize_t done = 0; done < count;) {
      ssize_t written = write(STDOUT_FILENO, buffer + done, (size_t)(count - done));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0 && errno == EAGAIN) {
        struct pollfd wait = {.fd = STDOUT_FILENO, .events = POLLOUT};
        poll(&wait, 1, -1);
        continue;
      }
      if (written <= 0) break; /* nobody reads any more */
      done += written;
    }
  }
}

static pid_t start(char **command, const sigset_t *unblocked) {
  pid_t parent = getpid();
  pid_t child = fork();
  if (child < 0) fail(EXIT_LAUNCH, "launch: ", shown(command[0]), ": cannot start: ", strerror(errno), NULL);
  if (child > 0) return child;
  /* Away from the terminal's signals: a changed window size (SIGWINCH) tells nginx to stop its workers. */
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(EXIT_LAUNCH);
  sigprocmask(SIG_SETMASK, unblocked, NULL);
  execv(command[0], command);
  fail(EXIT_LAUNCH, "launch: ", shown(command[0]), ": cannot start: ", strerror(errno), NULL);
}

/* nginx ends at once with SIGTERM, and with SIGQUIT when all requests have been answered. Who sends SIGTERM twice is in a hurry. */
static int translate(int signal, bool *asked) {
  if (signal != SIGTERM) return signal;
  bool first = !*asked;
  *asked = true;
  return first ? SIGQUIT : SIGTERM;
}

/* Waits until nginx has ended; returns the exit code for it. */
static int supervise(pid_t nginx, int signals, int relay) {
  bool asked = false;
  struct pollfd files[] = {{.fd = signals, .events = POLLIN}, {.fd = relay, .events = POLLIN}};
  for (;;) {
    if (poll(files, relay < 0 ? 1 : 2, -1) < 0 && errno != EINTR) return EXIT_LAUNCH;
    if (relay >= 0) pass_on(relay);
    struct signalfd_siginfo received;
    if (read(signals, &received, sizeof received) != sizeof received) continue;
    int number = (int)received.ssi_signo;
    if (number != SIGCHLD) {
      kill(nginx, translate(number, &asked));
      continue;
    }
    /* As process 1 it is the parent of all orphans. */
    int status;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended != nginx) continue;
      if (relay >= 0) pass_on(relay);
      return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
  }
}

int start_nginx(int count, char **words) {
  (void)count;
  struct text template;
  int relay;
  if (!read_file(words[2], MAXIMUM_TEMPLATE, &template)) fail(EXIT_LAUNCH, "launch: read ", shown(words[2]), ": ", strerror(errno), NULL);
  char *folder = make_folder("nginx");
  const char *file = join(folder, "/nginx.conf", NULL);
  const char *number = port();
  const char *bindings = getenv("SERVICE_BINDING_ROOT");
  const struct setting settings[] = {
      {"port", number}, {"listenIpv6", listen_ipv6(number)}, {"bindings", bindings != NULL ? bindings : "/platform/bindings"}, {"tempDir", folder}, {"accessLog", access_log(folder, &relay)}, {"workers", decimal(count_cpus())}};
  write_file(file, render(template, settings, sizeof settings / sizeof *settings));

  sigset_t blocked, before;
  sigemptyset(&blocked);
  for (size_t at = 0; at < sizeof SIGNALS / sizeof *SIGNALS; at++) sigaddset(&blocked, SIGNALS[at]);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  int signals = signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) fail(EXIT_LAUNCH, "launch: watch signals: ", strerror(errno), NULL);
  char *command[] = {words[1], "-p", words[0], "-e", "stderr", "-c", (char *)file, NULL};
  int code = supervise(start(command, &before), signals, relay);
  unlink(file);
  if (relay >= 0) unlink(join(folder, "/access.log", NULL));
  rmdir(folder); /* stays when nginx has left temporary files */
  return code;
}
