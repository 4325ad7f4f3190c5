import { availableParallelism } from 'node:os';
import { WorkerPool } from '../archive/index.ts';
import { TspackError } from '../foundation/index.ts';
import { invalid } from './ar.ts';
import { parseControl } from './control.ts';
import type { ControlFields } from './control.ts';
import { openDebFile } from './deb-member.ts';
import type { ExtractRules } from './extract-rules.ts';
import type { ExtractedEntry } from './package-tree.ts';
import { streamDecompressed } from './decompress-stream.ts';
import type { UnpackAnswer, UnpackRequest } from './unpack-request.ts';

/** A package file that has been read as far as its control data. */
export interface OpenedPackage {
  /** The fields of `control`, keys in lower case. */
  readonly fields: ControlFields;
  /** Every file of `control.tar` by name; `control` and `md5sums` are what a scanner wants. No script of them ever runs. */
  readonly controlFiles: Readonly<Record<string, string>>;
  /** The uncompressed `data.tar`, decoded in a worker thread. Opens anew at each call. */
  openData(): AsyncIterable<Uint8Array>;
}

export interface ExtractedPackage extends Pick<OpenedPackage, 'fields' | 'controlFiles'> {
  /** In the order of the package. */
  readonly entries: readonly ExtractedEntry[];
}

// Each thread may need 64 MB for the dictionary of the decoder.
const pool = new WorkerPool<UnpackRequest, UnpackAnswer>('unpack-package', Math.min(4, availableParallelism()));

/** Opens a `.deb` file, which must be verified already. Throws `DEBIAN_PACKAGE_INVALID`. */
export async function openPackage(path: string, label = path): Promise<OpenedPackage> {
  const { controlFiles } = await pool.run({ path, label });
  return {
    fields: fieldsOf(controlFiles, label),
    controlFiles,
    openData: () => {
      using deb = openDebFile(path, label);
      return streamDecompressed({ path, name: deb.data.name, offset: deb.data.offset, sizeBytes: deb.data.sizeBytes });
    },
  };
}

/**
 * Unpacks a `.deb` file, which must be verified already, below an existing folder. A worker thread does all of it, so
 * several packages unpack at once, also into the same folder. Owners become the caller, setuid bits are dropped, and no
 * maintainer script runs. After an error the folder holds a part of the package: unpack into one that can be thrown away.
 * Throws `DEBIAN_PACKAGE_INVALID`, `DEBIAN_PACKAGE_UNSAFE`, `DEBIAN_PACKAGE_CONFLICT`, `DEBIAN_PACKAGE_TOO_LARGE`,
 * `DEBIAN_COMPRESSION_UNSUPPORTED`, and `DEBIAN_UNPACK_FAILED` for what the system refuses: no space, no permission.
 */
export async function extractPackage(options: {
  readonly path: string;
  readonly directory: string;
  readonly rules?: ExtractRules;
  /** For messages. */
  readonly label?: string;
}): Promise<ExtractedPackage> {
  const { path, directory, rules = {}, label = path } = options;
  const { controlFiles, entries } = await pool.run({ path, label, extract: { directory, rules } }).catch((error: unknown) => {
    throw explainSystemError(error, label, directory);
  });
  return { fields: fieldsOf(controlFiles, label), controlFiles, entries };
}

function fieldsOf(controlFiles: Readonly<Record<string, string>>, label: string): ControlFields {
  const [fields] = parseControl(controlFiles['control'] ?? '');
  if (fields?.get('package') === undefined) throw invalid(label, 'it has no control file that names a package');
  return fields;
}

function explainSystemError(error: unknown, label: string, directory: string): unknown {
  const code = error instanceof TspackError || !(error instanceof Error) ? undefined : (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return new TspackError({
    code: 'DEBIAN_UNPACK_FAILED',
    message: `Cannot unpack "${label}" into "${directory}": ${isFull ? 'no space is left' : (error as Error).message}`,
    nextStep: isFull ? 'Free some space on that disk and try again' : 'Check the permissions of that folder',
    cause: error,
  });
}
