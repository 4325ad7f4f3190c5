import { join } from 'node:path';
import { TspackError, packageRoot, readTomlFile } from '../foundation/index.ts';
import { parseAptSources } from './apt-sources.ts';
import type { AptEntry, AptSourceFile } from './apt-sources.ts';
import type { DebianArchive, LockSource } from './lock.ts';

/** Where the archives are fetched from. Addresses have no trailing slash. */
export interface DebianMirrors {
  /** What named them. */
  readonly origin: 'environment' | 'apt' | 'snapshot';
  readonly addresses: Readonly<Record<DebianArchive, string>>;
  /** Debian's dated archive, which still has what mirrors have dropped; undefined to do without. */
  readonly snapshot: string | undefined;
}

export interface MirrorSettings {
  /** `TSPACK_DEBIAN_MIRROR` and, where the security archive is not its sibling, `TSPACK_DEBIAN_SECURITY_MIRROR`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What {@link readAptSources} found. */
  readonly aptSources: readonly AptSourceFile[];
  /** What {@link readSnapshotAddress} says. */
  readonly snapshot: string | undefined;
  readonly now: Date;
}

/** The suites of Debian itself, by codename or age; Ubuntu, Devuan and others use other words. */
const SUITE = /^(?:buster|bullseye|bookworm|trixie|forky|duke|sid|stable|oldstable|oldoldstable|testing|unstable)(?:-updates|-backports|-proposed-updates)?$/;
const SECURITY_SUITE = /^(?:buster|bullseye|bookworm|trixie|forky|duke|stable|oldstable|oldoldstable|testing)(?:-security|\/updates)$/;
/** Distributions that name their suites after Debian's but hold other packages. */
const FOREIGN = /ubuntu|raspbian|raspberrypi|devuan|kali|mint/i;

/**
 * Finds the Debian mirror: `TSPACK_DEBIAN_MIRROR`, then the host's apt configuration, then Debian's dated archive of
 * now. Nothing is asked over the network. Throws `DEBIAN_MIRROR_INVALID` for an unusable variable and
 * `DEBIAN_MIRROR_UNKNOWN` when there is nothing at all.
 */
export function discoverMirrors({ environment, aptSources, snapshot, now }: MirrorSettings): DebianMirrors {
  const main = environment['TSPACK_DEBIAN_MIRROR'];
  const security = environment['TSPACK_DEBIAN_SECURITY_MIRROR'];
  const securityOverride = security === undefined || security === '' ? undefined : parseAddress(security, 'TSPACK_DEBIAN_SECURITY_MIRROR');
  if (main !== undefined && main !== '') {
    const debian = parseAddress(main, 'TSPACK_DEBIAN_MIRROR');
    return { origin: 'environment', addresses: { debian, 'debian-security': securityOverride ?? sibling(debian, 'debian-security') }, snapshot };
  }
  const entries = parseAptSources(aptSources);
  const foundMain = bestEntry(entries, SUITE, /\/debian$/);
  const foundSecurity = securityOverride ?? bestEntry(entries, SECURITY_SUITE, /debian-security$|\/\/security\./);
  if (foundMain !== undefined || foundSecurity !== undefined) {
    const debian = foundMain ?? sibling(foundSecurity!, 'debian');
    return { origin: 'apt', addresses: { debian, 'debian-security': foundSecurity ?? sibling(debian, 'debian-security') }, snapshot };
  }
  if (snapshot !== undefined) {
    const at = (archive: DebianArchive) => snapshotAddress(snapshot, archive, now);
    return { origin: 'snapshot', addresses: { debian: at('debian'), 'debian-security': at('debian-security') }, snapshot };
  }
  throw new TspackError({
    code: 'DEBIAN_MIRROR_UNKNOWN',
    message: 'Cannot find a Debian mirror: this machine has no apt configuration of Debian',
    nextStep: SET_MIRROR,
  });
}

/** What to do when no mirror can be reached. */
export const SET_MIRROR = 'Set TSPACK_DEBIAN_MIRROR to the address of a Debian mirror that this machine can reach, such as http://mirror.example/debian';

/** The address of Debian's dated archive that travels with tspack, in `builders/snapshot.toml`. */
export function readSnapshotAddress(file = join(packageRoot(), 'builders', 'snapshot.toml')): string | undefined {
  const address = readTomlFile(file)?.['address'];
  return typeof address === 'string' ? parseAddress(address, file) : undefined;
}

/** An archive as it was at a time. */
export function snapshotAddress(snapshot: string, archive: DebianArchive, date: Date): string {
  return `${snapshot}/${archive}/${date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '')}`;
}

/** The address of a file in an archive, as a mirror has it now. */
export function archiveUrl(mirrors: DebianMirrors, archive: DebianArchive, path: string): string {
  return `${mirrors.addresses[archive]}/${encodePath(path)}`;
}

/** The address of a file in an archive as it was when a source was locked; undefined without a dated archive. */
export function datedUrl(mirrors: DebianMirrors, source: LockSource, path: string): string | undefined {
  return mirrors.snapshot === undefined ? undefined : `${snapshotAddress(mirrors.snapshot, source.archive, new Date(source.date))}/${encodePath(path)}`;
}

/** Version numbers hold `+` and `~`, which mean themselves in a path; `%` does not. */
function encodePath(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(part).replace(/%2B/g, '+').replace(/%3A/g, ':'))
    .join('/');
}

/** Entries that Debian's keyring signs come first, then those whose address looks like an archive of Debian, then the rest. */
function bestEntry(entries: readonly AptEntry[], suite: RegExp, address: RegExp): string | undefined {
  const ranked = entries.flatMap(({ uri, suites, components, signedBy }) => {
    const text = uri.replace(/\/+$/, '');
    const isDebian = suites.some((each) => suite.test(each)) && components.includes('main') && /^https?:\/\//.test(text) && !FOREIGN.test(text);
    const isForeignKey = signedBy !== undefined && !/debian-archive|-----BEGIN/.test(signedBy);
    if (!isDebian || isForeignKey || !URL.canParse(text)) return [];
    const rank = signedBy?.includes('debian-archive') === true ? 0 : address.test(text) ? 1 : 2;
    return [{ text, rank }];
  });
  return ranked.sort((a, b) => a.rank - b.rank)[0]?.text;
}

function sibling(address: string, name: DebianArchive): string {
  return new URL(`../${name}`, `${address}/`).href;
}

function parseAddress(text: string, setting: string): string {
  const address = text.trim().replace(/\/+$/, '');
  if (/^https?:\/\//.test(address) && URL.canParse(address)) return address;
  throw new TspackError({
    code: 'DEBIAN_MIRROR_INVALID',
    message: `Cannot use ${setting}=${JSON.stringify(text)} as a Debian mirror: want an http or https address`,
    nextStep: 'Give the address of a folder that holds dists and pool, such as http://mirror.example/debian',
  });
}
