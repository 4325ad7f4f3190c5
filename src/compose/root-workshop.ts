import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { chooseIdMap, createRootWorkshop, probeNested, writeIdMap } from '../executor/bubblewrap/index.ts';
import { TspackError, packageRoot } from '../foundation/index.ts';
import { architectureOf } from '../platform/index.ts';
import { readText } from './read-text.ts';
import type { Toolbox } from '../builder/index.ts';
import type { IdMap, RootWorkshopOptions } from '../executor/bubblewrap/index.ts';
import type { HostPath, RootWorkshop } from '../executor/index.ts';
import type { Machine } from './machine.ts';
import type { UsableBubblewrap } from './toolbox.ts';

/** How roots are changed as root here, or why they are not. */
export type WorkshopAnswer = { readonly options: RootWorkshopOptions } | { readonly reason: string; readonly nextStep: string };

/**
 * Tries a range of ids, then one id and fakeroot. `overlays`: whether they work where layer folders are.
 */
export async function findRootWorkshop(
  machine: Machine,
  toolbox: Toolbox,
  found: UsableBubblewrap,
  scratchDirectory: HostPath,
  overlays: boolean,
): Promise<WorkshopAnswer> {
  if (!overlays) {
    return {
      reason: `overlay file systems do not work in ${machine.homeDirectory}`,
      nextStep: 'Set TSPACK_HOME to a folder on a local file system, with a kernel of 5.11 or later',
    };
  }
  const gid = process.getgid?.() ?? 0;
  const tools = findMapTools(machine);
  const wanted = chooseIdMap({
    uid: machine.uid,
    gid,
    userName: userName(),
    subuid: readText('/etc/subuid'),
    subgid: readText('/etc/subgid'),
    ownMap: readText('/proc/self/uid_map'),
    tools,
  });
  const architecture = architectureOf(machine.platform);
  const common = {
    bubblewrap: found.command,
    toolbox: { root: toolbox.root, loader: toolbox.loader, libraries: toolbox.libraries },
    tool: rootTool(architecture),
    proc: found.probe.proc ?? 'fresh',
    writeIdMap: (pid: number, map: IdMap) => writeIdMap(pid, map, tools),
    readFile: readText,
    architecture,
    fakeroot: { library: join(toolbox.libraries, 'libfakeroot/libfakeroot-sysv.so'), daemon: 'usr/bin/faked-sysv' },
    scratchDirectory,
    caller: { uid: machine.uid, gid },
  } as const;
  let reason = 'reason' in wanted ? wanted.reason : '';
  if ('uids' in wanted) {
    const refused = await probeNested({ ...common, idMap: wanted }, scratchDirectory);
    if (refused === undefined) return { options: { ...common, idMap: wanted, limits: [] } };
    reason = refused;
  }
  const refused = await probeNested(common, scratchDirectory);
  if (refused !== undefined) return { reason: refused, nextStep: "Run 'tspack doctor' to see what this machine offers" };
  const limits = [
    `Root is emulated with one user id (${reason}): programs that fakeroot cannot reach, static ones and those of another C library than glibc 2.38 or later, cannot change owners`,
  ];
  return { options: { ...common, limits } };
}

/** Throws `SANDBOX_UNAVAILABLE`. */
export function requireRootWorkshop(answer: WorkshopAnswer): RootWorkshop {
  if ('options' in answer) return createRootWorkshop(answer.options);
  throw new TspackError({
    code: 'SANDBOX_UNAVAILABLE',
    message: `Cannot change root file systems on this machine: ${answer.reason}`,
    nextStep: answer.nextStep,
  });
}

/** newuidmap has to be the machine's own: it is setuid. */
function findMapTools(machine: Machine): { readonly newuidmap: string; readonly newgidmap: string } | undefined {
  const folders = [...(machine.environment.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'].filter((folder) => folder.startsWith('/'));
  const find = (name: string) => folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  const [newuidmap, newgidmap] = [find('newuidmap'), find('newgidmap')];
  return newuidmap === undefined || newgidmap === undefined ? undefined : { newuidmap, newgidmap };
}

/** undefined for a user that the machine does not know. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** Our program for what only C can do inside a sandbox. */
export function rootTool(architecture: ReturnType<typeof architectureOf>): string {
  return join(packageRoot(), 'root-tool', 'bin', `root-tool-linux-${architecture}`);
}
