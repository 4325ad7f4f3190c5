/* What the parts of the tool share. */
#ifndef TSPACK_LAUNCH_TOOL_H
#define TSPACK_LAUNCH_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "../launcher/text.h"

/* The programs; each returns the exit code. */
int ca_certificates(void);
int start_nginx(int count, char **words);

/* Bytes that grow. */
void append(struct text *text, const char *bytes, size_t size);
void append_string(struct text *text, const char *string);

/* A new folder that only this user can read, in the first place that can be written to: TMPDIR, /tmp, /dev/shm, /var/tmp. Fails when there is none. */
char *make_folder(const char *name);

/* Writes a new file with mode 0600. Fails when that does not work. */
void write_file(const char *path, struct text content);

/* How many CPUs this container may use, at least 1: the smaller one of affinity and the limit of its cgroup. */
int count_cpus(void);

/* The template with {{NAME}} of each setting and {{env "NAME"}} replaced. Fails when a variable is not set. */
struct setting {
  const char *name;
  const char *value;
};
struct text render(struct text template, const struct setting *settings, size_t count);

/* The certificates of service bindings of type ca-certificates, as PEM, and how many files they came from. Fails on files without one. */
struct text bound_certificates(const char *bindings, int *files);
/* Adds the PEM files of a folder in the order of their names; what it is, for messages. */
void add_certificates(struct text *pem, const char *folder, const char *what, int *files);

/* A Java key store (JKS) that trusts the certificates of the PEM text. */
struct text java_trust_store(struct text pem);

void sha1(struct text content, unsigned char digest[20]);

#endif
