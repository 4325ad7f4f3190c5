import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DebianContext } from '../debian/index.ts';
import type { BuildContext } from './build-context.ts';
import { downloadsTransport, findMirrors } from './debian-mirrors.ts';

/** Runs `work` with access to the archive of Debian; what it downloads is gone in the end. */
export async function withArchive<Result>(context: BuildContext, work: (archive: DebianContext) => Promise<Result>): Promise<Result> {
  const debian = await import('../debian/index.ts'); // only builds that install something pay for it
  const cacheDirectory = mkdtempSync(join(tmpdir(), 'debian-packages-'));
  try {
    return await work({ transport: downloadsTransport(context.downloads), mirrors: findMirrors(debian, context), cacheDirectory });
  } finally {
    rmSync(cacheDirectory, { recursive: true, force: true });
  }
}
