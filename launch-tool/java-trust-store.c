#include <stdint.h>
#include <string.h>

#include "tool.h"

/* Java's own key store format: what Java reads without a password when nothing in it is secret. */
#define MAGIC 0xfeedfeedu
#define VERSION 2
#define TRUSTED_CERTIFICATE 2
/* The password that Java's own trust store has. */
#define PASSWORD "changeit"
#define WHITENER "Mighty Aphrodite"
#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

static void append_number(struct text *text, uint64_t number, int size) {
  for (int at = size - 1; at >= 0; at--) append(text, &(char){(char)(number >> (8 * at))}, 1);
}

static void append_name(struct text *text, const char *name) {
  append_number(text, strlen(name), 2);
  append_string(text, name);
}

/* Base64 to bytes; what is none of its characters is passed over. */
static struct text decode(const char *start, const char *end) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  struct text bytes = {.bytes = allocate((size_t)(end - start) + 1), .size = 0};
  uint32_t bits = 0;
  int count = 0;
  for (const char *at = start; at < end && *at != '='; at++) {
    const char *digit = *at == '\0' ? NULL : strchr(digits, *at);
    if (digit == NULL) continue;
    bits = bits << 6 | (uint32_t)(digit - digits);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.bytes[bytes.size++] = (char)(bits >> count);
  }
  return bytes;
}

struct text java_trust_store(struct text pem) {
  struct text entries = {0};
  long count = 0;
  const char *end;
  for (const char *at = pem.bytes; (at = strstr(at, BEGIN)) != NULL && (end = strstr(at, END)) != NULL; at = end) {
    struct text certificate = decode(at + strlen(BEGIN), end);
    append_number(&entries, TRUSTED_CERTIFICATE, 4);
    append_name(&entries, join("ca-", decimal(count++), NULL));
    append_number(&entries, 0, 8);
    append_name(&entries, "X.509");
    append_number(&entries, certificate.size, 4);
    append(&entries, certificate.bytes, certificate.size);
  }
  struct text store = {0};
  append_number(&store, MAGIC, 4);
  append_number(&store, VERSION, 4);
  append_number(&store, (uint64_t)count, 4);
  append(&store, entries.bytes, entries.size);

  struct text checked = {0};
  for (const char *at = PASSWORD; *at != '\0'; at++) append_number(&checked, (unsigned char)*at, 2);
  append_string(&checked, WHITENER);
  append(&checked, store.bytes, store.size);
  unsigned char digest[20];
  sha1(checked, digest);
  append(&store, (const char *)digest, sizeof digest);
  return store;
}
