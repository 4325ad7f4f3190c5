import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encodeJavaTrustStore } from '../../../../src/sdk/index.ts';
import { trustStoreEmpty } from '../errors.ts';

/**
 * Where the image's own certificates lie. The folder of the package comes first: the joined list next to it may have been replaced by this machine's,
 * whose authorities must not enter a layer.
 */
const CERTIFICATE_FOLDERS = ['/usr/share/ca-certificates/mozilla', '/usr/share/pki/ca-trust-source'] as const;
const CERTIFICATE_LISTS = ['/etc/ssl/certs/ca-certificates.crt'] as const;

/** Writes Java's list of certificate authorities into a runtime: packages leave that to a script which never runs here. Throws `JAVA_CERTIFICATES_MISSING`. */
export function writeTrustStore(javaHome: string, env: Readonly<Record<string, string>>, root = '/'): void {
  const file = join(javaHome, 'lib/security/cacerts');
  const store = encodeJavaTrustStore(readImageCertificates(env, root));
  // The package's own is a link to a place outside.
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) rmSync(file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, store);
}

/** The certificates of the build image as PEM, in the order of their files' names. */
export function readImageCertificates(env: Readonly<Record<string, string>>, root = '/'): string {
  for (const folder of CERTIFICATE_FOLDERS.map((path) => join(root, path)).filter((path) => existsSync(path))) {
    const names = readdirSync(folder).filter((name) => /\.(?:crt|pem)$/.test(name));
    if (names.length > 0)
      return names
        .sort()
        .map((name) => readFileSync(join(folder, name), 'latin1'))
        .join('\n');
  }
  const isReplaced = (env['SSL_CERT_FILE'] ?? '') !== '';
  const list = CERTIFICATE_LISTS.map((path) => join(root, path)).find((path) => existsSync(path));
  if (list === undefined || isReplaced) throw trustStoreEmpty(CERTIFICATE_FOLDERS);
  return readFileSync(list, 'latin1');
}
