import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnForText } from './spawn-for-text.ts';
import { explainRefusal, readNamespaceFacts } from './refusal.ts';
import type { ExecutorProbe } from '../index.ts';
import type { ProcMount } from './arguments.ts';
import type { BubblewrapOptions } from './bubblewrap-executor.ts';

const NAMESPACES = ['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--cap-drop', 'ALL', '--die-with-parent'];

/** What {@link probeBubblewrap} found; `proc` goes into the options of the executor. */
export type BubblewrapProbe = ExecutorProbe & { readonly proc?: ProcMount };

/** Measures whether bubblewrap works here, by starting it in itself; some 10 ms. Explains it when not. */
export async function probeBubblewrap(options: Pick<BubblewrapOptions, 'bubblewrap' | 'readFile'>): Promise<BubblewrapProbe> {
  if (process.platform !== 'linux') {
    return { name: 'sandbox', usable: false, reason: 'Sandboxes need Linux', nextStep: 'Build with Docker or Podman.' };
  }
  const { bubblewrap, readFile } = options;
  const run = (...mounts: readonly string[]) =>
    spawnForText([...bubblewrap, ...NAMESPACES, '--ro-bind', '/', '/', ...mounts, '--', ...bubblewrap, '--version']);
  const fresh = await run('--proc', '/proc');
  if (fresh.ok) return { name: 'sandbox', usable: true, limits: [], detail: fresh.text.trim(), proc: 'fresh' };
  if (/can't mount proc/iu.test(fresh.text)) {
    const bound = await run('--ro-bind', '/proc', '/proc');
    if (bound.ok) {
      const limit = "buildpacks see the names of this container's processes, because no new /proc can be mounted here";
      return { name: 'sandbox', usable: true, limits: [limit], detail: bound.text.trim(), proc: 'bound' };
    }
  }
  const said = fresh.text.replaceAll('bwrap: ', '').trim();
  return { name: 'sandbox', usable: false, ...explainRefusal(said, readNamespaceFacts(readFile)) };
}

/**
 * Whether overlays work with their writable part in `directory`: not when that is itself on an overlay, on most
 * network file systems, with a kernel before 5.11 or a bubblewrap before 0.11. The deciding step is replacing a
 * folder of the lower part, which needs extended attributes.
 *
 * @param directory Existing folder on the file system in question; nothing is left in it.
 * @param shell How a shell with coreutils' `rm` and `mkdir` beside it is started in the host's file system.
 */
export async function probeOverlay(bubblewrap: readonly string[], directory: string, shell: readonly string[] = ['/bin/sh']): Promise<boolean> {
  const place = mkdtempSync(join(directory, 'overlay-probe-'));
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(place, name)) as [string, string, string, string];
  try {
    for (const folder of [join(lower, 'folder'), upper, work, merged]) mkdirSync(folder, { recursive: true });
    writeFileSync(join(lower, 'folder/file'), 'lower');
    const script = 'cd "$1" && rm -r folder && mkdir folder && ! [ -e folder/file ]';
    const { ok } = await spawnForText([
      ...[...bubblewrap, ...NAMESPACES, '--ro-bind', '/', '/', '--overlay-src', lower, '--overlay', upper, work, merged],
      ...['--setenv', 'PATH', '/usr/bin:/bin', '--', ...shell, '-c', script, 'sh', merged],
    ]);
    return ok;
  } finally {
    // The kernel leaves a folder without any permission in the work folder.
    const left = join(work, 'work');
    if (existsSync(left)) chmodSync(left, 0o700);
    rmSync(place, { recursive: true, force: true });
  }
}
