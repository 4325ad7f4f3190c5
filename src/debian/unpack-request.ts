import { TspackError } from '../foundation/index.ts';
import { invalid } from './ar.ts';
import type { ArMember } from './ar.ts';
import { openDebFile } from './deb-member.ts';
import type { DebFile } from './deb-member.ts';
import { DebTarReader } from './deb-tar.ts';
import type { DebTarVisitor } from './deb-tar.ts';
import { decompressRange } from './decompress-member.ts';
import { compileRules } from './extract-rules.ts';
import type { ExtractRules } from './extract-rules.ts';
import { PackageTree } from './package-tree.ts';
import type { ExtractedEntry } from './package-tree.ts';

/** What a worker thread is asked to do with one package. */
export interface UnpackRequest {
  readonly path: string;
  /** For messages: the name and version of the package. */
  readonly label: string;
  /** Left out: only the control files are read. */
  readonly extract?: { readonly directory: string; readonly rules: ExtractRules };
}

export interface UnpackAnswer {
  /** The text files of `control.tar`: `control`, `conffiles`, `md5sums`, ... Maintainer scripts among them never run. */
  readonly controlFiles: Readonly<Record<string, string>>;
  readonly entries: readonly ExtractedEntry[];
}

const MOST_CONTROL_BYTES = 16 * 1024 * 1024;

/** Runs in a worker thread. Throws `DEBIAN_PACKAGE_INVALID` and what {@link PackageTree} throws. */
export async function answerUnpackRequest({ path, label, extract }: UnpackRequest): Promise<UnpackAnswer> {
  using deb = openDebFile(path, label);
  const controlFiles = await readControlFiles(deb);
  if (extract === undefined) return { controlFiles, entries: [] };
  using tree = new PackageTree(extract.directory, label, compileRules(extract.rules));
  await readTarMember(deb, deb.data, (entry) => tree.add(entry));
  return { controlFiles, entries: tree.entries };
}

async function readControlFiles(deb: DebFile): Promise<Readonly<Record<string, string>>> {
  const files: [string, string][] = [];
  let total = 0;
  await readTarMember(deb, deb.control, (entry) => {
    const parts: Uint8Array[] = [];
    total += entry.sizeBytes;
    if (total > MOST_CONTROL_BYTES) throw new Error('its control files are too large');
    return {
      write: (bytes) => void (entry.type === 'file' && parts.push(Uint8Array.from(bytes))),
      end: () => void (entry.type === 'file' && files.push([entry.path.replace(/^(\.\/)+/, ''), Buffer.concat(parts).toString('utf8')])),
    };
  });
  // Without a prototype: the names come from outside.
  return Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(files));
}

async function readTarMember(deb: DebFile, member: ArMember, visit: DebTarVisitor): Promise<void> {
  const reader = new DebTarReader(visit);
  const range = { sizeBytes: member.sizeBytes, read: (offset: number, length: number) => deb.readAt(member.offset + offset, length) };
  try {
    for await (const bytes of decompressRange(member.name, range)) reader.push(bytes);
    reader.finish();
  } catch (error) {
    // What we or the system say about writing is right as it is; the rest is about the package.
    if (error instanceof TspackError || isSystemError(error)) throw error;
    throw invalid(deb.label, `${member.name}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
