import { statSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { createBubblewrapExecutor, probeOverlay } from '../executor/bubblewrap/index.ts';
import { TspackError, makeDirectory, writeFileAtomic } from '../foundation/index.ts';
import { readPackageSources, sandboxView } from '../host/index.ts';
import { architectureOf } from '../platform/index.ts';
import { ownTag } from '../store/index.ts';
import { debianMirrorEnv } from './debian.ts';
import { once } from './machine.ts';
import { readText } from './read-text.ts';
import { findRootWorkshop, requireRootWorkshop, rootTool } from './root-workshop.ts';
import { findBubblewrap, openToolbox } from './toolbox.ts';
import type { Toolbox } from '../builder/index.ts';
import type { BubblewrapProbe } from '../executor/bubblewrap/index.ts';
import type { BuildEnvironment, HostPath, Mount, SandboxPath } from '../executor/index.ts';
import type { EventSink } from '../foundation/index.ts';
import type { BuildEvent, BuildSandbox, HostBuildSettings } from '../platform/index.ts';
import type { Machine } from './machine.ts';

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
  const executor = createBubblewrapExecutor({
    bubblewrap: found.command,
    tool: rootTool(architectureOf(machine.platform)),
    scratchDirectory,
    readFile: readText,
    ...(proc === undefined ? {} : { proc }),
  });
  return {
    executor,
    overlaysWork: (directory) => overlaysWork(machine, found.command, toolbox, directory),
    openWorkshop: once(async () => {
      const overlays = await overlaysWork(machine, found.command, toolbox, machine.home().work);
      const workshop = requireRootWorkshop(await findRootWorkshop(machine, toolbox, found, scratchDirectory, overlays));
      events({ kind: 'message', level: 'debug', message: `Root of image extensions is ${workshop.method}: ${workshop.form}` });
      for (const limit of workshop.limits) events({ kind: 'message', level: 'warning', message: limit });
      return workshop;
    }),
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
  return { mounts, env, ...(await packageSources(machine)) };
}

/** Where this machine's tools get packages. */
export async function packageSources(machine: Machine): Promise<Pick<HostBuildSettings, 'platformEnv' | 'warnings'>> {
  const { env, warnings } = readPackageSources(machine.environment, { npm_config_registry: await machine.npmRegistry(), ...debianMirrorEnv(machine) });
  return { platformEnv: env, warnings };
}
