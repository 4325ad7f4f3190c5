import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The one that every tool of Java tries; the store holds nothing secret. */
const PASSWORD = 'changeit';
const [MAGIC, VERSION, TRUSTED_CERTIFICATE] = [0xfeed_feed, 2, 2];

/**
 * Options for `JAVA_TOOL_OPTIONS` that make Java trust what `SSL_CERT_FILE` lists, where it is set: the platform does
 * so when the machine has certificate authorities of its own. Writes the store into `directory`, which belongs outside
 * of layers. undefined when Java's own list is right. The store counts for processes of the build alone.
 */
export function javaTrustOptions(env: Readonly<Record<string, string>>, directory: string): string | undefined {
  const list = env['SSL_CERT_FILE'];
  if (list === undefined || list === '') return undefined;
  const store = join(directory, 'java-trust-store.jks');
  writeFileSync(store, encodeJavaTrustStore(readFileSync(list, 'latin1')));
  return `-Djavax.net.ssl.trustStore=${store} -Djavax.net.ssl.trustStorePassword=${PASSWORD}`;
}

/** The certificates of a PEM text as a keystore of type JKS, which every Java reads; equal texts give equal bytes. What is no certificate is left out. */
export function encodeJavaTrustStore(pem: string): Uint8Array {
  const certificates = [...pem.matchAll(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/gu)].flatMap(([text]) => readCertificate(text));
  const content = Buffer.concat([
    ...[MAGIC, VERSION, certificates.length].map(uint32),
    ...certificates.flatMap((der, index) => [uint32(TRUSTED_CERTIFICATE), utf(`ca-${index}`), Buffer.alloc(8), utf('X.509'), uint32(der.length), der]),
  ]);
  // The format's own way to make a password matter: it is hashed with the content, and with these words.
  const password = Buffer.from(PASSWORD, 'utf16le').swap16();
  const digest = createHash('sha1').update(password).update('Mighty Aphrodite').update(content).digest();
  return Buffer.concat([content, digest]);
}

function readCertificate(pem: string): readonly Uint8Array[] {
  try {
    return [new X509Certificate(pem).raw];
  } catch {
    return []; // One entry that OpenSSL cannot read must not take the others away.
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A string as `DataOutputStream.writeUTF` writes it. */
function utf(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([length, Buffer.from(text, 'latin1')]);
}
