#include "index.h"

#include <string.h>

#include "text.h"

static uint64_t hash_of(const void *owner, const char *name, size_t size) {
  uint64_t hash = 14695981039346656037u ^ (uint64_t)(uintptr_t)owner;
  for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)name[i]) * 1099511628211u;
  return hash ^ hash >> 29;
}

static struct slot *slot_for(struct slot *slots, size_t room, const void *owner, const char *name, size_t size, uint64_t hash) {
  for (size_t at = hash & (room - 1);; at = (at + 1) & (room - 1)) {
    struct slot *slot = &slots[at];
    if (slot->name == NULL) return slot;
    if (slot->hash == hash && slot->owner == owner && slot->size == size && memcmp(slot->name, name, size) == 0) return slot;
  }
}

void *index_find(const struct index *index, const void *owner, const char *name, size_t size) {
  if (index->room == 0) return NULL;
  return slot_for(index->slots, index->room, owner, name, size, hash_of(owner, name, size))->value;
}

static void grow(struct index *index) {
  size_t room = index->room == 0 ? 64 : index->room * 2;
  struct slot *slots = allocate(room * sizeof *slots);
  memset(slots, 0, room * sizeof *slots);
  for (size_t i = 0; i < index->room; i++) {
    struct slot *slot = &index->slots[i];
    if (slot->name != NULL) *slot_for(slots, room, slot->owner, slot->name, slot->size, slot->hash) = *slot;
  }
  index->slots = slots;
  index->room = room;
}

void index_add(struct index *index, const void *owner, const char *name, size_t size, void *value) {
  if (index->used * 2 >= index->room) grow(index);
  uint64_t hash = hash_of(owner, name, size);
  struct slot *slot = slot_for(index->slots, index->room, owner, name, size, hash);
  *slot = (struct slot){.owner = owner, .name = name, .size = size, .hash = hash, .value = value};
  index->used++;
}
