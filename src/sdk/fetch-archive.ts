import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ContentDigest } from '../http/index.ts';
import type { Downloads } from './downloads.ts';
import { extractArchive, type ExtractRequest } from './extract.ts';

/** An archive somewhere, and what of it to unpack where. */
export interface ArchiveRequest extends Omit<ExtractRequest, 'file'> {
  readonly url: string;
  readonly digest: ContentDigest;
  readonly label: string;
}

/** Fetches an archive whose digest is known and unpacks it; it is kept beside `directory` only meanwhile. Throws what `fetchFile` and `extractArchive` throw. */
export async function fetchArchive(downloads: Downloads, { url, digest, label, ...unpacking }: ArchiveRequest): Promise<void> {
  const file = `${unpacking.directory}.download`;
  mkdirSync(dirname(file), { recursive: true });
  try {
    await downloads.fetchFile({ url, digest, path: file, label });
    await extractArchive({ file, ...unpacking });
  } finally {
    rmSync(file, { force: true });
  }
}
