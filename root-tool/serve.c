/* serve: programs of one sandbox, as many as are asked for, each in namespaces of its own. See README.md. */
#include "serve.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL = 3, HEADER = 9, CHUNK = 65536, OUTPUTS = 2, CLOSED = -1 };
enum { WANTS_STDOUT = 1, WANTS_STDERR = 2, JOINED = 4 };

struct job {
  uint32_t id;
  pid_t pid;
  /* Readable once the program and all it started have ended. */
  int process;
  int report;
  int outputs[OUTPUTS];
  struct job *next;
};

static struct job *jobs;

static void write_all(const unsigned char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(CONTROL, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    /* Nobody listens any more. */
    if (written <= 0) exit(0);
    bytes += written;
    length -= (size_t)written;
  }
}

/* A frame: length of what follows the header, kind, job. `frame` has room for the header before the content. */
static void send_frame(unsigned char *frame, char kind, uint32_t id, size_t length) {
  uint32_t size = (uint32_t)length;
  memcpy(frame, &size, 4);
  frame[4] = (unsigned char)kind;
  memcpy(frame + 5, &id, 4);
  write_all(frame, HEADER + length);
}

static void send_failure(uint32_t id, char kind, int error) {
  unsigned char frame[HEADER + 256];
  size_t length = (size_t)snprintf((char *)frame + HEADER, sizeof frame - HEADER, "%s", strerror(error));
  send_frame(frame, kind, id, length);
}

/* Hands over what one read gives. 0: there is no more for now, or at all. */
static int relay(struct job *job, int index) {
  static unsigned char frame[HEADER + CHUNK];
  ssize_t length = read(job->outputs[index], frame + HEADER, CHUNK);
  if (length < 0 && errno == EINTR) return 1;
  if (length < 0 && errno == EAGAIN) return 0;
  if (length <= 0) {
    close(job->outputs[index]);
    job->outputs[index] = CLOSED;
    return 0;
  }
  send_frame(frame, index == 0 ? 'o' : 'e', job->id, (size_t)length);
  return 1;
}

static void finish(struct job *job) {
  for (int index = 0; index < OUTPUTS; index++) {
    while (job->outputs[index] != CLOSED && relay(job, index)) continue;
    if (job->outputs[index] != CLOSED) close(job->outputs[index]);
  }
  struct report report;
  int known = read(job->report, &report, sizeof report) == (ssize_t)sizeof report;
  waitpid(job->pid, NULL, 0);
  close(job->process);
  close(job->report);
  if (known && report.kind != ENDED) {
    send_failure(job->id, report.kind == NOT_CONFINED ? 'c' : report.kind == NO_FOLDER ? 'f' : 'p', report.value);
  } else {
    unsigned char frame[HEADER + 4];
    int32_t code = known ? report.value : -1;
    memcpy(frame + HEADER, &code, 4);
    send_frame(frame, 'x', job->id, 4);
  }
}

/* Gives the new process its descriptors, numbered as `confine` wants them. */
static void take(int output, int error, int report) {
  int given[] = {open("/dev/null", O_RDWR | O_CLOEXEC), output, error, report};
  for (int index = 0; index < 4; index++) {
    int from = given[index] < 0 ? given[0] : given[index];
    /* Out of the way of those that are put in place first. */
    given[index] = fcntl(from, F_DUPFD_CLOEXEC, 16);
  }
  for (int index = 0; index < 4; index++) dup2(given[index], index);
  syscall(SYS_close_range, 4U, ~0U, 0U);
}

static void start(uint32_t id, unsigned flags, const struct rules *rules, const struct program *program) {
  struct job *job = allocate(sizeof *job);
  int report[2], pipes[OUTPUTS][2] = {{CLOSED, CLOSED}, {CLOSED, CLOSED}};
  int made = pipe2(report, O_CLOEXEC);
  for (int index = 0; index < OUTPUTS && made == 0; index++) {
    if ((flags & (index == 0 ? WANTS_STDOUT : WANTS_STDERR)) != 0) made = pipe2(pipes[index], O_CLOEXEC);
    if (made == 0 && pipes[index][0] != CLOSED) fcntl(pipes[index][0], F_SETFL, O_NONBLOCK);
  }
  *job = (struct job){id, -1, CLOSED, report[0], {pipes[0][0], pipes[1][0]}, jobs};
  unsigned long namespaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC;
  if (made == 0) job->pid = (pid_t)syscall(SYS_clone, namespaces | CLONE_PIDFD | SIGCHLD, 0, &job->process, 0, 0);
  if (job->pid == 0) {
    take(pipes[0][1], (flags & JOINED) != 0 ? pipes[0][1] : pipes[1][1], report[1]);
    confine(rules, program);
  }
  int error = errno;
  /* What could not be made is not there to be closed either; the caller gives up on all of this then. */
  close(report[1]);
  for (int index = 0; index < OUTPUTS; index++) {
    if (pipes[index][1] != CLOSED) close(pipes[index][1]);
  }
  if (job->pid < 0) {
    send_failure(id, 'c', error);
    exit(1);
  }
  jobs = job;
  unsigned char frame[HEADER];
  send_frame(frame, 's', id, 0);
}

static void send_signal(uint32_t id, char kind, int number) {
  for (struct job *job = jobs; job != NULL; job = job->next) {
    if (job->id == id) kill(job->pid, kind == 'k' ? SIGKILL : number == SIGKILL ? KILL_PROGRAM : number);
  }
}

/* A request to run: flags, how many words, how many variables; then the folder, the words and the variables, each ended by NUL. */
static void run(uint32_t id, char *content, size_t length, const struct rules *rules) {
  uint32_t numbers[3];
  if (length < sizeof numbers || content[length - 1] != '\0') exit(1);
  memcpy(numbers, content, sizeof numbers);
  size_t words = numbers[1], variables = numbers[2];
  /* One more before the words, for a shell. */
  char **strings = calloc(words + variables + 4, sizeof *strings);
  if (strings == NULL || words == 0) exit(1);
  char *text = content + sizeof numbers, *end = content + length;
  struct program program = {text, strings + 1, strings + words + 2};
  for (size_t index = 0; index <= words + variables; index++) {
    if (text == end) exit(1);
    if (index > 0) *(index <= words ? program.words + index - 1 : program.environment + index - 1 - words) = text;
    text += strlen(text) + 1;
  }
  start(id, numbers[0], rules, &program);
  free(strings);
}

/* Takes what has come, and does what is complete. */
static void hear(const struct rules *rules) {
  static char *held;
  static size_t size, filled;
  if (size - filled < CHUNK && (held = realloc(held, size = size * 2 + CHUNK)) == NULL) exit(1);
  ssize_t length = read(CONTROL, held + filled, size - filled);
  if (length < 0 && errno == EINTR) return;
  if (length <= 0) exit(0);
  filled += (size_t)length;
  size_t done = 0;
  for (uint32_t content; filled - done >= HEADER; done += HEADER + content) {
    char *frame = held + done;
    uint32_t id;
    memcpy(&content, frame, 4);
    memcpy(&id, frame + 5, 4);
    if (filled - done - HEADER < content) break;
    int32_t number = 0;
    if (content == 4) memcpy(&number, frame + HEADER, 4);
    if (frame[4] == 'r') run(id, frame + HEADER, content, rules);
    else send_signal(id, frame[4], number);
  }
  memmove(held, held + done, filled - done);
  filled -= done;
}

static void serve_jobs(struct pollfd *ready) {
  for (struct job **place = &jobs; *place != NULL;) {
    struct job *job = *place;
    /* Before the end is told, all output is. */
    short ended = ready[0].revents;
    for (int index = 0; index < OUTPUTS; index++) {
      if (ready[1 + index].revents != 0) relay(job, index);
    }
    ready += 1 + OUTPUTS;
    if (ended == 0) {
      place = &job->next;
      continue;
    }
    *place = job->next;
    finish(job);
    free(job);
  }
}

/* UID GID [NAME...] -- [FOLDER...]: under bubblewrap, with all capabilities of a namespace of users. Requests come through descriptor 3. */
int serve_command(int count, char **words) {
  int split = 2;
  while (split < count && strcmp(words[split], "--") != 0) split++;
  if (split == count) exit(1);
  words[split] = NULL;
  struct rules rules = {words[0], words[1], words + 2, words + split + 1};
  signal(SIGPIPE, SIG_IGN);
  /* Nothing that it starts may look into it. */
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail("hide", "itself");
  for (;;) {
    size_t length = 1;
    for (struct job *job = jobs; job != NULL; job = job->next) length += 1 + OUTPUTS;
    struct pollfd *ready = allocate(length * sizeof *ready);
    struct pollfd *next = ready;
    *next++ = (struct pollfd){CONTROL, POLLIN, 0};
    for (struct job *job = jobs; job != NULL; job = job->next) {
      *next++ = (struct pollfd){job->process, POLLIN, 0};
      for (int index = 0; index < OUTPUTS; index++) *next++ = (struct pollfd){job->outputs[index], POLLIN, 0};
    }
    if (poll(ready, length, -1) < 0 && errno != EINTR) fail("wait for", "programs");
    serve_jobs(ready + 1);
    if (ready[0].revents != 0) hear(&rules);
    free(ready);
  }
}
