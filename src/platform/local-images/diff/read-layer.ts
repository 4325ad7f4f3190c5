import { createHash } from 'node:crypto';
import { readTar } from '../../../archive/index.ts';
import { collectBytes } from '../../../oci/index.ts';
import type { TarEntry } from '../../../archive/index.ts';
import type { Layer } from '../../../oci/index.ts';

/** What is compared of a file of an image. */
export interface FileFacts {
  readonly type: TarEntry['type'];
  readonly mode: number;
  readonly owner: string;
  readonly sizeBytes: number;
  /** SHA-256 of the content of a file, in hexadecimal digits. */
  readonly content?: string;
  readonly target?: string;
  /** The bytes of a file that says which packages there are. */
  readonly text?: string;
}

/** A layer's files by path, without slash at the beginning or end, whiteouts among them. */
export interface LayerFiles {
  readonly files: ReadonlyMap<string, FileFacts>;
  /** Of the uncompressed tar. */
  readonly sizeBytes: number;
}

/** Lists of packages above this are refused: nobody has that many. */
const MAXIMUM_TEXT_BYTES = 64 * 1024 * 1024;

/** Reads a layer in one pass. `wantsText` says of a path whether its content is wanted as a whole. */
export async function readLayer(layer: Layer, wantsText: (path: string) => boolean, signal: AbortSignal): Promise<LayerFiles> {
  const files = new Map<string, FileFacts>();
  let sizeBytes = 0;
  async function* counted() {
    for await (const chunk of layer.openTar()) {
      signal.throwIfAborted();
      sizeBytes += chunk.length;
      yield chunk;
    }
  }
  for await (const entry of readTar(counted())) {
    const path = entry.path.replace(/^(?:\.?\/)+/, '').replace(/^\.$/, '');
    if (path === '') continue;
    const common = { type: entry.type, mode: entry.mode, owner: `${entry.uid}:${entry.gid}`, sizeBytes: entry.sizeBytes };
    if (entry.type === 'file' && wantsText(path)) {
      const bytes = await collectBytes(entry.content, MAXIMUM_TEXT_BYTES, path);
      files.set(path, { ...common, content: createHash('sha256').update(bytes).digest('hex'), text: Buffer.from(bytes).toString('utf8') });
    } else if (entry.type === 'file') {
      const hash = createHash('sha256');
      for await (const chunk of entry.content) hash.update(chunk);
      files.set(path, { ...common, content: hash.digest('hex') });
    } else files.set(path, entry.linkTarget === undefined ? common : { ...common, target: entry.linkTarget });
  }
  return { files, sizeBytes };
}
