import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, digestOf, writeFileAtomic } from '../foundation/index.ts';
import { remembered } from './remembered.ts';
import { statKey } from './stat-key.ts';

/** The certificate authorities that this machine trusts beyond the ones that everybody does. */
export interface HostCertificates {
  /** Whether there are any: a company's, or a proxy's that looks into TLS. */
  readonly hasOwnCa: boolean;
  /** PEM file with those alone, for programs that add to a list of their own. */
  readonly own?: string;
  /** PEM file with those and everybody's, for programs that read one list. */
  readonly bundle?: string;
  /** The host's files that were looked at. */
  readonly sources: readonly string[];
}

const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
/** Where distributions keep what they ship, which is Mozilla's list of some day. */
const SHIPPED = ['/usr/share/ca-certificates', '/usr/share/pki/ca-trust-source', '/usr/share/pki/trust'];

/** Each names a PEM file that the user's own tools trust. */
const VARIABLES = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'PIP_CERT', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO', 'CARGO_HTTP_CAINFO'];

export interface CertificateOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Existing or not; holds the PEM files and the remembered answer. */
  readonly cacheDirectory: string;
  /** For tests: other places than the distributions' own. */
  readonly bundles?: readonly string[];
  readonly shipped?: readonly string[];
}

/**
 * Compares the host's trust with Node's built-in list. Costs some 40 ms when a file has changed, else one stat per
 * file. What the variables of the usual tools name counts as the host's.
 */
export async function readHostCertificates(options: CertificateOptions): Promise<HostCertificates> {
  const { env, cacheDirectory, bundles = BUNDLES, shipped = SHIPPED } = options;
  const system = bundles.find((path) => existsSync(path));
  const candidates = [...VARIABLES.map((name) => env[name]), system];
  const sources = [...new Set(candidates.filter((path) => path !== undefined && path !== '' && existsSync(path)))] as readonly string[];
  const key = [process.version, ...sources.map((path) => `${path}=${statKey(path)}`)].join('\n');
  const memory = remembered(join(cacheDirectory, 'host-ca.json'), isCertificates);
  const kept = memory.read();
  if (kept?.key === key && [kept.value.own, kept.value.bundle].every((path) => path === undefined || existsSync(path))) return kept.value;

  const { rootCertificates } = await import('node:tls');
  const everybodys = new Set(rootCertificates.flatMap(certificates));
  const hosts = new Set(sources.flatMap((path) => certificates(readText(path))));
  const known = new Set([...everybodys, ...shipped.flatMap(shippedCertificates)]);
  const own = [...hosts].filter((certificate) => !known.has(certificate)).sort();
  const found: HostCertificates =
    own.length === 0
      ? { hasOwnCa: false, sources }
      : {
          hasOwnCa: true,
          own: writePem(cacheDirectory, 'host-ca', own),
          bundle: writePem(cacheDirectory, 'ca-bundle', [...new Set([...everybodys, ...hosts])].sort()),
          sources,
        };
  memory.write(key, found);
  return found;
}

function isCertificates(value: unknown): value is HostCertificates {
  const { hasOwnCa, own, bundle, sources } = (value ?? {}) as Partial<Record<keyof HostCertificates, unknown>>;
  return typeof hasOwnCa === 'boolean' && Array.isArray(sources) && [own, bundle].every((path) => typeof path === (hasOwnCa ? 'string' : 'undefined'));
}

/** The base64 bodies of the certificates in a PEM text, without line breaks: equal bodies are equal certificates. */
function certificates(pem: string): readonly string[] {
  return [...pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/gu)].map(([, body = '']) => body.replaceAll(/\s+/gu, ''));
}

function shippedCertificates(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => certificates(readText(join(entry.parentPath, entry.name))));
}

/** latin1: comments in bundles are in whatever encoding their author had. */
function readText(path: string): string {
  return readFileSync(path, 'latin1');
}

/** Named after its content, so that a sandbox that has it mounted never sees it change. */
function writePem(directory: string, name: string, bodies: readonly string[]): string {
  const text = bodies.map((body) => `-----BEGIN CERTIFICATE-----\n${body.replaceAll(/(.{64})(?=.)/gu, '$1\n')}\n-----END CERTIFICATE-----\n`).join('');
  const path = join(directory, `${name}-${digestHex(digestOf(Buffer.from(text))).slice(0, 16)}.pem`);
  if (!existsSync(path)) writeFileAtomic(path, text, 0o644);
  return path;
}
