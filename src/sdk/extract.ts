import { createReadStream } from 'node:fs';

/** An archive on disk and what of it to unpack. */
export interface ExtractRequest {
  /** A tar, plain or compressed by gzip. */
  readonly file: string;
  readonly directory: string;
  /** How many leading folders of each path to drop. */
  readonly stripComponents?: number;
  /** Whether to unpack the path, given without the stripped folders. Everything by default. */
  readonly filter?: (path: string) => boolean;
}

/** Unpacks an archive safely: nothing is written outside `directory`. Throws `ARCHIVE_UNSAFE`, `ARCHIVE_INVALID` and `ARCHIVE_TOO_LARGE`. */
export async function extractArchive({ file, directory, stripComponents = 0, filter = () => true }: ExtractRequest): Promise<void> {
  const { decompress, extractTar } = await import('../archive/index.ts'); // only builds that unpack something pay for it
  await extractTar(decompress(createReadStream(file)), directory, {
    stripComponents,
    dropSetuid: true,
    rename: (path) => (filter(path) ? path : undefined),
  });
}
