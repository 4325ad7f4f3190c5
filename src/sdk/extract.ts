import { closeSync, createReadStream, openSync, readSync } from 'node:fs';

/** An archive on disk and what of it to unpack. */
export interface ExtractRequest {
  /** A tar, plain or compressed by gzip; or a zip. */
  readonly file: string;
  readonly directory: string;
  /** How many leading folders of each path to drop. */
  readonly stripComponents?: number;
  /** Whether to unpack the path, given without the stripped folders. Everything by default. */
  readonly filter?: (path: string) => boolean;
}

/** Unpacks an archive safely: nothing is written outside `directory`. Throws `ARCHIVE_UNSAFE`, `ARCHIVE_INVALID` and `ARCHIVE_TOO_LARGE`. */
export async function extractArchive({ file, directory, stripComponents = 0, filter = () => true }: ExtractRequest): Promise<void> {
  const { decompress, extractTar, extractZip } = await import('../archive/index.ts'); // only builds that unpack something pay for it
  const rename = (path: string) => (filter(path) ? path : undefined);
  if (isZip(file)) await extractZip(file, directory, { stripComponents, rename });
  else
    await extractTar(decompress(createReadStream(file)), directory, {
      stripComponents,
      dropSetuid: true,
      rename,
    });
}

function isZip(path: string): boolean {
  const file = openSync(path, 'r');
  const start = Buffer.alloc(4);
  readSync(file, start);
  closeSync(file);
  return start.toString('latin1') === 'PK\x03\x04';
}
