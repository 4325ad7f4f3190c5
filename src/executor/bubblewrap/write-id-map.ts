import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { TspackError } from '../../foundation/index.ts';
import { formatIdMap } from './id-map.ts';
import type { IdMap } from './id-map.ts';

/** Gives the user namespace of a process its ids, before anything runs in it. Throws `SANDBOX_FAILED`. */
export async function writeIdMap(pid: number, map: IdMap, tools: { readonly newuidmap: string; readonly newgidmap: string } | undefined): Promise<void> {
  try {
    if (map.written === 'direct') {
      await writeFile(`/proc/${pid}/uid_map`, formatIdMap(map.uids, '\n'));
      await writeFile(`/proc/${pid}/gid_map`, formatIdMap(map.gids, '\n'));
      return;
    }
    const run = (file: string, ranges: IdMap['uids']) =>
      promisify(execFile)(file, [String(pid), ...formatIdMap(ranges, ' ').split(' ')], { env: {}, cwd: '/' });
    await run(tools?.newuidmap ?? 'newuidmap', map.uids);
    await run(tools?.newgidmap ?? 'newgidmap', map.gids);
  } catch (error) {
    throw new TspackError({
      code: 'SANDBOX_FAILED',
      message: `Cannot give a sandbox its range of user ids: ${error instanceof Error ? error.message.trim() : String(error)}`,
      nextStep: "Run 'tspack doctor' to see what this machine offers.",
      cause: error,
    });
  }
}
