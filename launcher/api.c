#include "api.h"

#include <stdbool.h>

#include "text.h"

#define OLDEST 7
#define NEWEST_PLATFORM 15
#define NEWEST_BUILDPACK 12

static const char *read_number(const char *text, int *number) {
  *number = 0;
  for (; *text >= '0' && *text <= '9'; text++) {
    if (*number < 100000) *number = *number * 10 + (*text - '0');
  }
  return text;
}

/* `<major>.<minor>` or `<major>`, with an optional leading v as the reference lifecycle allows. */
static bool read_version(const char *text, int *major, int *minor) {
  if (*text == 'v') text++;
  const char *rest = read_number(text, major);
  if (rest == text) return false;
  *minor = 0;
  if (*rest == '.') rest = read_number(rest + 1, minor);
  return *rest == '\0';
}

int platform_api_minor(const char *version) {
  int major, minor;
  if (version == NULL || *version == '\0') {
    fail(EXIT_PLATFORM_API, "get platform API version; please set 'CNB_PLATFORM_API' to a version from 0.7 to 0.15", NULL);
  }
  if (!read_version(version, &major, &minor)) fail(EXIT_PLATFORM_API, "parse platform API '", shown(version), "'", NULL);
  if (major != 0 || minor < OLDEST || minor > NEWEST_PLATFORM) {
    fail(EXIT_PLATFORM_API, "set platform API: version '", shown(version), "' is not supported; it must be from 0.7 to 0.15", NULL);
  }
  return minor;
}

void check_buildpack_apis(struct metadata *metadata) {
  for (size_t i = 0; i < metadata->buildpack_count; i++) {
    struct buildpack *buildpack = &metadata->buildpacks[i];
    int major, minor;
    bool read = read_version(buildpack->api, &major, &minor);
    if (!read || major != 0 || minor < OLDEST || minor > NEWEST_BUILDPACK) {
      fail(EXIT_BUILDPACK_API, "set API for buildpack '", shown(buildpack->id), "': version '", shown(buildpack->api),
           "' is not supported; it must be from 0.7 to 0.12", NULL);
    }
    buildpack->api_minor = minor;
  }
}
