import { createReadStream } from 'node:fs';
import { readTar } from '../../archive/index.ts';
import { MAXIMUM_MANIFEST_BYTES } from '../manifest.ts';
import { collectBytes } from '../verify.ts';
import type { Digest } from '../../foundation/index.ts';
import type { BlobDirectory } from '../layout/blob-directory.ts';

/** The files of an archive of images, by path: all of them are blobs now. */
export interface SpooledArchive {
  readonly files: ReadonlyMap<string, { readonly digest: Digest; readonly sizeBytes: number }>;
  /** A small file as a whole; undefined when it is not there. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/**
 * Puts every file of an archive into `blobs` in one pass, so that it may come through a pipe: what says how the files
 * belong together can be the last of them. What turns out not to be wanted is garbage there.
 */
export async function spoolArchive(source: AsyncIterable<Uint8Array>, blobs: BlobDirectory): Promise<SpooledArchive> {
  const files = new Map<string, { readonly digest: Digest; readonly sizeBytes: number }>();
  for await (const entry of readTar(source)) {
    const path = entry.path.replace(/^\.\//, '');
    if (entry.type === 'file') files.set(path, await blobs.ingest(entry.content));
    const target = entry.linkTarget === undefined ? undefined : files.get(entry.type === 'link' ? entry.linkTarget : resolveLink(path, entry.linkTarget));
    if ((entry.type === 'symlink' || entry.type === 'link') && target !== undefined) files.set(path, target);
  }
  return {
    files,
    async read(path) {
      const file = files.get(path);
      return file === undefined ? undefined : await collectBytes(createReadStream(blobs.path(file.digest)), MAXIMUM_MANIFEST_BYTES, path);
    },
  };
}

/** `../abc/layer.tar`, as old daemons link equal layers. */
function resolveLink(path: string, target: string): string {
  return new URL(target, `file:///${path}`).pathname.slice(1);
}
