/* A hash table from (owner, name) to a pointer, so that a thousand keys cost a thousand steps and not a million. */
#ifndef TSPACK_LAUNCHER_INDEX_H
#define TSPACK_LAUNCHER_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct slot {
  const void *owner;
  const char *name;
  size_t size;
  uint64_t hash;
  void *value;
};

/* Starts as all zeros. */
struct index {
  struct slot *slots;
  size_t room;
  size_t used;
};

/* NULL when there is no such name. */
void *index_find(const struct index *index, const void *owner, const char *name, size_t size);

/* Adds a name that is not there yet; the bytes of the name are kept by reference. */
void index_add(struct index *index, const void *owner, const char *name, size_t size, void *value);

#endif
