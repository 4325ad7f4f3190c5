import { existsSync, readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { unpackToolbox, readBuilder } from '../builder/index.ts';
import { createBubblewrapExecutor, probeBubblewrap, probeOverlay } from '../executor/bubblewrap/index.ts';
import { TspackError, hasSystemCode, makeDirectory, writeFileAtomic } from '../foundation/index.ts';
import { sandboxView } from '../host/index.ts';
import { architectureOf, builderEvents } from '../platform/index.ts';
import { ownTag } from '../store/index.ts';
import { createSupply } from './debian.ts';
import type { Toolbox } from '../builder/index.ts';
import type { BubblewrapProbe } from '../executor/bubblewrap/index.ts';
import type { BuildEnvironment, HostPath, Mount, SandboxPath } from '../executor/index.ts';
import type { EventSink } from '../foundation/index.ts';
import type { BuildEvent, BuildSandbox, HostBuildSettings } from '../platform/index.ts';
import type { Machine } from './machine.ts';

const HOST_BUBBLEWRAP = '/usr/bin/bwrap';

/** The programs that sandboxes need, unpacked when they are not here yet. */
export async function openToolbox(machine: Machine, events: EventSink<BuildEvent>, signal: AbortSignal): Promise<Toolbox> {
  const architecture = architectureOf(machine.platform);
  const builder = readBuilder(join(machine.directories.builders, 'toolbox'));
  const cacheDirectory = join(machine.home().cache, 'images');
  makeDirectory(cacheDirectory);
  const told = builderEvents(events);
  return await unpackToolbox({
    builder,
    architecture,
    supply: createSupply(machine)(builder, architecture, false, told, signal),
    cacheDirectory,
    clock: machine.clock,
    events: told,
  });
}

/** A bubblewrap that works here, and how it was started. */
export type UsableBubblewrap = { readonly command: readonly string[]; readonly probe: Extract<BubblewrapProbe, { usable: true }> };

/** Tries our own bubblewrap, then the host's, which AppArmor may allow more. */
export async function findBubblewrap(toolbox: Toolbox): Promise<UsableBubblewrap | Extract<BubblewrapProbe, { usable: false }>> {
  const own = await probeBubblewrap({ bubblewrap: toolbox.bubblewrap, readFile: readText });
  if (own.usable) return { command: toolbox.bubblewrap, probe: own };
  if (!existsSync(HOST_BUBBLEWRAP)) return own;
  const hosts = await probeBubblewrap({ bubblewrap: [HOST_BUBBLEWRAP], readFile: readText });
  return hosts.usable ? { command: [HOST_BUBBLEWRAP], probe: hosts } : own;
}

/** Throws `SANDBOX_UNAVAILABLE` with the measured reason. */
export async function openSandbox(machine: Machine, events: EventSink<BuildEvent>, signal: AbortSignal): Promise<BuildSandbox> {
  const found = await findSandbox(machine, events, signal);
  if ('executor' in found) return found;
  throw new TspackError({
    code: 'SANDBOX_UNAVAILABLE',
    message: `Cannot run buildpacks in sandboxes on this machine: ${found.reason}`,
    nextStep: found.nextStep,
  });
}

/** The sandbox, or why there is none here. */
export async function findSandbox(
  machine: Machine,
  events: EventSink<BuildEvent>,
  signal: AbortSignal,
): Promise<BuildSandbox | Extract<BubblewrapProbe, { usable: false }>> {
  const toolbox = await openToolbox(machine, events, signal);
  const found = await findBubblewrap(toolbox);
  if (!('command' in found)) return found;
  for (const limit of found.probe.limits) events({ kind: 'message', level: 'warning', message: limit });
  const scratchDirectory = join(machine.home().work, `${ownTag()}-pipes`) as HostPath;
  makeDirectory(scratchDirectory);
  const { proc } = found.probe;
  const executor = createBubblewrapExecutor({ bubblewrap: found.command, scratchDirectory, readFile: readText, ...(proc === undefined ? {} : { proc }) });
  return {
    executor,
    overlaysWork: (directory) => overlaysWork(machine, found.command, toolbox, directory),
    async listMerged(overlay, path, format) {
      const environment: BuildEnvironment = {
        root: toolbox.root as HostPath,
        user: { uid: machine.uid, gid: 0 },
        mounts: [overlay],
        network: 'none',
        hostname: 'tspack',
      };
      await using sandbox = await executor.open(environment);
      const chunks: Uint8Array[] = [];
      const { code } = await sandbox.run({
        command: ['/usr/bin/find', path, ...format],
        cwd: '/' as SandboxPath,
        env: { LC_ALL: 'C' },
        stdout: (chunk) => void chunks.push(Buffer.from(chunk)),
      });
      if (code !== 0) throw new Error(`find ended with ${code} in ${path}`);
      return Buffer.concat(chunks);
    },
  };
}

/** Measured once for each kernel and file system: an answer takes 20 ms. */
async function overlaysWork(machine: Machine, bubblewrap: readonly string[], toolbox: Toolbox, directory: string): Promise<boolean> {
  const record = join(machine.home().cache, 'host', 'overlay.json');
  const key = `${release()} ${statSync(directory).dev} ${toolbox.key} ${bubblewrap[0]} ${machine.uid}`;
  const known = JSON.parse(readText(record) ?? '{}') as { key?: string; works?: boolean };
  if (known.key === key && known.works !== undefined) return known.works;
  const works = await probeOverlay(bubblewrap, directory);
  writeFileAtomic(record, JSON.stringify({ key, works }));
  return works;
}

/** What a build environment gets of this machine. */
export async function hostBuildSettings(machine: Machine, root: HostPath): Promise<HostBuildSettings> {
  const { files, env } = sandboxView(await machine.settings(), root);
  const mounts = files.map(({ source, target }): Mount => ({ kind: 'bind', source: source as HostPath, target: target as SandboxPath, writable: false }));
  return { mounts, env, platformEnv: { npm_config_registry: await machine.npmRegistry() } };
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'EACCES', 'ENOTDIR', 'EISDIR', 'EINVAL', 'EPERM')) return undefined;
    throw error;
  }
}
