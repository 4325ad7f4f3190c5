/* Strings and failures are those of the launcher, whose small programs these are. */
#include "../launcher/text.c"
#include "../launcher/utf8.c"
