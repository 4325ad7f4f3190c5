import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, hasSystemCode } from '../foundation/index.ts';
import type { ClientCertificate, TlsIdentity } from '../http/index.ts';
import { canonicalRegistry } from './keychain.ts';

/** Whom to trust as a registry and who we are to it. `registry` is a host with optional port, as in an image reference. */
export type FindCertificates = (registry: string) => TlsIdentity;

/** Every registry is trusted as other servers are, and learns of no certificate of ours. */
export const NO_CERTIFICATES: FindCertificates = () => ({});

/**
 * Where Docker and Podman keep the certificates of registries, the place that counts more first: those of the user, then
 * those of the machine.
 */
export function certificateFolders(env: Readonly<Record<string, string | undefined>>, home: string | undefined): readonly string[] {
  const docker = env.DOCKER_CONFIG || (home === undefined ? undefined : join(home, '.docker'));
  const config = env.XDG_CONFIG_HOME || (home === undefined ? undefined : join(home, '.config'));
  return [
    ...(docker === undefined ? [] : [join(docker, 'certs.d')]),
    ...(config === undefined ? [] : [join(config, 'docker', 'certs.d'), join(config, 'containers', 'certs.d')]),
    '/etc/docker/certs.d',
    '/etc/containers/certs.d',
  ];
}

/**
 * Certificates in Docker's layout: a folder named after the registry with port (`registry.example.com:5000/`), in it
 * authorities to trust as `*.crt`, and certificates of ours as `<name>.cert` with `<name>.key`. The first folder that
 * there is counts. Read when a registry is first asked for; throws `REGISTRY_CERTIFICATES_INVALID`.
 */
export function createCertificates(folders: readonly string[]): FindCertificates {
  const known = new Map<string, TlsIdentity>();
  return (registry) => {
    const found = known.get(registry) ?? readFirst(folders, registry);
    known.set(registry, found);
    return found;
  };
}

function readFirst(folders: readonly string[], registry: string): TlsIdentity {
  // Docker Hub has three names, and a folder by the one that people know.
  const name = canonicalRegistry(registry) === 'index.docker.io' ? 'docker.io' : registry.toLowerCase();
  for (const folder of folders) {
    const identity = readFolder(join(folder, name));
    if (identity !== undefined) return identity;
  }
  return {};
}

function readFolder(folder: string): TlsIdentity | undefined {
  let files: readonly string[];
  try {
    files = readdirSync(folder).sort();
  } catch (error) {
    // A folder that is closed to this user is not meant for it: Podman passes it over, too.
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw invalid(folder, `it cannot be opened (${(error as NodeJS.ErrnoException).code})`, error);
  }
  const named = (extension: string) => files.filter((file) => file.endsWith(extension)).map((file) => join(folder, file.slice(0, -extension.length)));
  const certificates = named('.cert');
  const lonely = named('.key').find((path) => !certificates.includes(path));
  if (lonely !== undefined) throw invalid(`${lonely}.key`, 'the certificate of this key is missing', undefined, `Add ${lonely}.cert, or remove the key`);
  return { ca: named('.crt').map((path) => readCertificate(`${path}.crt`)), clientCertificates: certificates.map(readPair) };
}

function readPair(path: string): ClientCertificate {
  return { certificate: readCertificate(`${path}.cert`), key: readKey(`${path}.key`) };
}

function readCertificate(path: string): string {
  const text = read(path);
  try {
    new X509Certificate(text);
  } catch (error) {
    throw invalid(path, 'it is no certificate in PEM form', error);
  }
  return text;
}

function readKey(path: string): string {
  const text = read(path);
  try {
    createPrivateKey(text);
  } catch (error) {
    const encrypted = hasSystemCode(error, 'ERR_MISSING_PASSPHRASE');
    throw invalid(path, encrypted ? 'it is locked with a passphrase' : 'it is no private key in PEM form', error);
  }
  return text;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) throw invalid(path, 'it is missing', error, `Add ${path}, or take the certificate away`);
    throw invalid(path, `it cannot be opened (${(error as NodeJS.ErrnoException).code})`, error);
  }
}

function invalid(path: string, why: string, cause?: unknown, nextStep = `Correct ${path}, or take the folder away`): TspackError {
  return new TspackError({ code: 'REGISTRY_CERTIFICATES_INVALID', message: `Cannot use the registry certificates in ${path}: ${why}`, nextStep, cause });
}
