import { createReadStream, renameSync, rmSync, statSync } from 'node:fs';
import { gzipFile, writeTar } from '../archive/index.ts';
import type { LayerTarEntry, TarSourceEntry } from '../archive/index.ts';
import { temporaryBeside } from '../foundation/index.ts';
import { folderContent } from './folder-entries.ts';

/**
 * Writes the folder of `assembleLifecycle` as the archive (`.tgz`) that `[lifecycle] uri` of a builder.toml names. The
 * same folder makes the same bytes.
 */
export async function packLifecycle(directory: string, file: string): Promise<void> {
  const temporary = temporaryBeside(file);
  const entries = folderContent(directory, '', { executableBits: 0o100, link: 0o777 });
  try {
    await gzipFile(writeTar(entries.map(tarEntry)), temporary);
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function tarEntry({ path, type, mode, linkTarget, source }: LayerTarEntry): TarSourceEntry {
  const common = { path: path.toString().slice(1), mode };
  if (type === 'symlink') return { ...common, type, linkTarget: linkTarget!.toString() };
  if (type !== 'file') return { ...common, type: 'directory' };
  const from = source!.toString();
  return { ...common, type, sizeBytes: statSync(from).size, open: () => createReadStream(from) as AsyncIterable<Uint8Array> };
}
