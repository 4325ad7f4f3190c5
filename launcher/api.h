/* API versions (platform.md#platform-api-compatibility, buildpack.md#buildpack-api-version). */
#ifndef TSPACK_LAUNCHER_API_H
#define TSPACK_LAUNCHER_API_H

#include "metadata.h"

/* The minor number of CNB_PLATFORM_API, 0.7 to 0.15; exits with EXIT_PLATFORM_API on any other and on none. */
int platform_api_minor(const char *version);

/* Notes each buildpack's API, 0.7 to 0.12; exits with EXIT_BUILDPACK_API on any other. */
void check_buildpack_apis(struct metadata *metadata);

#endif
