#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static long number_in(const char *path) {
  struct text content;
  return read_file(path, 64, &content) ? strtol(content.bytes, NULL, 10) : -1;
}

/* CPUs by quota, rounded up; 0 without one. */
static long quota(void) {
  struct text content;
  long most = 0;
  long period = 0;
  if (read_file("/sys/fs/cgroup/cpu.max", 64, &content)) {
    /* Version 2: "max 100000" or "150000 100000". */
    char *end;
    most = strtol(content.bytes, &end, 10);
    period = strtol(end, NULL, 10);
  } else {
    most = number_in("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    period = number_in("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  }
  return most > 0 && period > 0 ? (most + period - 1) / period : 0;
}

int count_cpus(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  long count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  long limit = quota();
  if (limit > 0 && limit < count) count = limit;
  return count < 1 ? 1 : (int)count;
}
