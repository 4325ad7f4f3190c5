import { TspackError } from '../../foundation/index.ts';
import { rootFile, rootLink } from '../root-tree.ts';
import type { RootEntry } from '../root-tree.ts';
import type { FixUp } from './fix-up.ts';
import { subjectHash } from './subject-hash.ts';

const SOURCE = '/usr/share/ca-certificates/';
const TARGET = '/etc/ssl/certs';
const OWNER = 'ca-certificates';

/**
 * What update-ca-certificates makes: the bundle, a link with a readable name per certificate, a link with OpenSSL's
 * subject hash, and the list that the program itself would read.
 */
export const writeCertificates: FixUp = ({ tree, read }) => {
  const paths = [...tree.keys()]
    .filter((path) => path.startsWith(SOURCE) && path.endsWith('.crt'))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  if (paths.length === 0) return [];
  const hashes = new Map<string, number>();
  const bundle: string[] = [];
  const links: RootEntry[] = [];
  for (const path of paths) {
    const pem = read(path).toString('latin1');
    bundle.push(pem.endsWith('\n') ? pem : `${pem}\n`);
    const name = `${path
      .slice(path.lastIndexOf('/') + 1, -'.crt'.length)
      .replaceAll(' ', '_')
      .replaceAll('(', '=')
      .replaceAll(')', '=')
      .replaceAll(',', '_')}.pem`;
    const hash = hashOf(path, pem);
    const same = hashes.get(hash) ?? 0;
    hashes.set(hash, same + 1);
    links.push(rootLink(`${TARGET}/${name}`, path, OWNER), rootLink(`${TARGET}/${hash}.${same}`, name, OWNER));
  }
  return [
    rootFile(`${TARGET}/ca-certificates.crt`, bundle.join(''), OWNER),
    rootFile('/etc/ca-certificates.conf', `${paths.map((path) => path.slice(SOURCE.length)).join('\n')}\n`, OWNER),
    ...links,
    // Made by openssl's package, which run images leave out; the library looks here.
    ...(['certs', 'private', 'cert.pem'] as const)
      .filter((name) => !tree.has(`/usr/lib/ssl/${name}`))
      .map((name) => rootLink(`/usr/lib/ssl/${name}`, name === 'cert.pem' ? `${TARGET}/ca-certificates.crt` : `/etc/ssl/${name}`, OWNER)),
  ];
};

function hashOf(path: string, pem: string): string {
  try {
    return subjectHash(pem);
  } catch (error) {
    throw new TspackError({ code: 'CERTIFICATE_INVALID', message: `Cannot read the certificate "${path}" of the package ca-certificates`, cause: error });
  }
}
