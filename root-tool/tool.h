/* What the parts of the tool share. */
#ifndef TOOL_H
#define TOOL_H

#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

/* Says why on stderr and ends with 125. */
void fail(const char *what, const char *name) __attribute__((noreturn));
/* Closes everything but the standard streams. */
void close_others(void);
void *allocate(size_t size);
unsigned long number(const char *text, int base);
/* The next record of the stream, which ends with NUL; NULL at its end. Valid until the next call. */
char *next_record(FILE *stream);

/* Called for everything below a folder, each folder before what it holds. `parent` is open; `path` is relative to the top. */
typedef void visitor(int parent, const char *name, const char *path, const struct stat *stat, void *data);
/* Visits the names of a folder in no order. Other file systems are not entered when `device` is not 0. */
void walk(int folder, dev_t device, visitor *visit, void *data);

/* The commands; each gets what follows its name. */
int own_command(int count, char **words);
int list_command(int count, char **words);
int copy_command(int count, char **words);
int remove_command(int count, char **words);
int as_command(int count, char **words);
int drop_command(int count, char **words);
int session_command(int count, char **words);
int serve_command(int count, char **words);

#endif
