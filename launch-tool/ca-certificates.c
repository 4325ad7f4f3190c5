#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define MAXIMUM_BUNDLE (64u << 20)

/* Who looks where: OpenSSL, Go, Ruby, PHP and Rust; Node.js; Python's requests; curl; git. */
static const char *const VARIABLES[] = {"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"};

static const char *const BUNDLES[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

static bool add_file(struct text *bundle, const char *path) {
  struct text content;
  if (path == NULL || *path == '\0' || !read_file(path, MAXIMUM_BUNDLE, &content)) return false;
  append(bundle, content.bytes, content.size);
  append_string(bundle, "\n");
  return true;
}

/* What is trusted without bindings: what the user names, else the image's own. */
static void add_trusted(struct text *bundle) {
  bool found = add_file(bundle, getenv("SSL_CERT_FILE"));
  for (size_t at = 0; !found && at < sizeof BUNDLES / sizeof *BUNDLES; at++) found = add_file(bundle, BUNDLES[at]);
  const char *extra = getenv("NODE_EXTRA_CA_CERTS");
  const char *own = getenv("SSL_CERT_FILE");
  if (extra != NULL && (own == NULL || strcmp(extra, own) != 0)) add_file(bundle, extra);
}

static void set_variable(const char *name, const char *value) {
  dprintf(3, "%s = \"", name);
  for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++) {
    if (*at < 0x20 || *at == 0x7f || *at == '"' || *at == '\\') dprintf(3, "\\u%04x", *at);
    else dprintf(3, "%c", *at);
  }
  dprintf(3, "\"\n");
}

/* Java reads no PEM. Its options are left alone when they name a trust store. */
static void set_java(const char *folder, struct text bundle) {
  const char *options = getenv("JAVA_TOOL_OPTIONS");
  if (getenv("JAVA_HOME") == NULL || (options != NULL && strstr(options, "-Djavax.net.ssl.trustStore=") != NULL)) return;
  const char *store = join(folder, "/trust.jks", NULL);
  write_file(store, java_trust_store(bundle));
  const char *lead = options == NULL || *options == '\0' ? "" : join(options, " ", NULL);
  set_variable("JAVA_TOOL_OPTIONS", join(lead, "-Djavax.net.ssl.trustStore=", store, " -Djavax.net.ssl.trustStoreType=jks", NULL));
}

int ca_certificates(void) {
  const char *bindings = getenv("SERVICE_BINDING_ROOT");
  int files = 0;
  struct text pem = bound_certificates(bindings != NULL ? bindings : "/platform/bindings", &files);
  /* What the build has put into the image. */
  const char *embedded = getenv("TSPACK_CA_CERTIFICATES");
  if (embedded != NULL) add_certificates(&pem, embedded, "certificates of the image", &files);
  if (files == 0) return 0;
  struct text bundle = {0};
  add_trusted(&bundle);
  append(&bundle, pem.bytes, pem.size);
  char *folder = make_folder("ca-certificates");
  const char *file = join(folder, "/ca-certificates.crt", NULL);
  write_file(file, bundle);
  for (size_t at = 0; at < sizeof VARIABLES / sizeof *VARIABLES; at++) set_variable(VARIABLES[at], file);
  set_java(folder, bundle);
  return 0;
}
