import { isPlainText } from './plain-line.ts';

/** Variable that names a folder with the downloads of this machine: `store/`, which is read-only, and `inbox/` for what is new. */
export const DOWNLOADS_VARIABLE = 'TSPACK_DOWNLOADS';

/** File of the inbox with a {@link DownloadFact} or a `BuildpackFact` in each line. */
export const DOWNLOAD_RECORD = 'record.jsonl';

/** The hashes that a shared file is named by. None in which anybody can make two files collide. */
const HEX_DIGITS = { sha256: 64, sha512: 128 } as const;

/** What a file hashes to. */
export interface FileDigest {
  readonly algorithm: keyof typeof HEX_DIGITS;
  /** Lower-case hexadecimal digits. */
  readonly hex: string;
}

/** The name of a file in store and inbox: `sha512-<hex>`. */
export function downloadName({ algorithm, hex }: FileDigest): string {
  return `${algorithm}-${hex}`;
}

/** The digest that a name of store or inbox stands for; undefined when it is no such name. */
export function parseDownloadName(name: string): FileDigest | undefined {
  const [, algorithm, hex] = /^(sha256|sha512)-([0-9a-f]+)$/u.exec(name) ?? [];
  const known = algorithm as FileDigest['algorithm'] | undefined;
  return known !== undefined && hex?.length === HEX_DIGITS[known] ? { algorithm: known, hex } : undefined;
}

/** One thing that a buildpack fetched. */
export interface DownloadFact {
  /** Without user name, password and query. */
  readonly url: string;
  /** `sha512:<hex>`. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly from: 'network' | 'store';
  /** `id/version`. */
  readonly buildpack: string;
  /** The layer that it was fetched for; absent outside of layers. */
  readonly layer?: string;
}

/** A fact as one line of {@link DOWNLOAD_RECORD}. */
export function formatDownloadFact(fact: DownloadFact): string {
  return `${JSON.stringify(fact)}\n`;
}

/** The facts of a record, which anybody in the build may have written to: lines that are none are left out. */
export function parseDownloadFacts(text: string): readonly DownloadFact[] {
  return text.split('\n').flatMap((line) => {
    const fact = parseLine(line);
    return fact === undefined ? [] : [fact];
  });
}

function parseLine(line: string): DownloadFact | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined; // cut off, or never one
  }
  const { url, digest, sizeBytes, from, buildpack, layer } = (value ?? {}) as Partial<Record<keyof DownloadFact, unknown>>;
  if (!isPlainText(url) || !isPlainText(buildpack) || !isPlainText(digest) || parseDownloadName(digest.replace(':', '-')) === undefined) return undefined;
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return undefined;
  if (from !== 'network' && from !== 'store') return undefined;
  return { url: publicUrl(url), digest, sizeBytes, from, buildpack, ...(isPlainText(layer) ? { layer } : {}) };
}

/** An address without user name, password, query and fragment: signed addresses hold secrets in their query. */
export function publicUrl(url: string): string {
  if (!URL.canParse(url)) return url.replace(/[?#].*$/u, '');
  const { origin, protocol, host, pathname } = new URL(url);
  return `${origin === 'null' ? `${protocol}//${host}` : origin}${pathname}`;
}
