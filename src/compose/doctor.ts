import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { credentialFiles } from '../registry/index.ts';
import { probeOverlay } from '../executor/bubblewrap/index.ts';
import { TspackError, hasSystemCode, makeDirectory } from '../foundation/index.ts';
import { diagnose, diagnoseStore } from '../platform/index.ts';
import { openDownloadStore, verifyHome } from '../store/index.ts';
import { debianMirrors } from './debian.ts';
import { findContainers } from './containers.ts';
import { probeDaemons } from './images.ts';
import { findRootWorkshop } from './root-workshop.ts';
import { withHome } from './with-home.ts';
import { findBubblewrap, openToolbox } from './toolbox.ts';
import type { ExecutorProbe, HostPath } from '../executor/index.ts';
import type { DoctorFinding, Task } from '../platform/index.ts';
import type { Machine } from './machine.ts';
import type { WorkshopAnswer } from './root-workshop.ts';

/** Asks everything that a build depends on; what fails becomes a finding. */
export async function examine(machine: Machine, task: Task): Promise<readonly DoctorFinding[]> {
  const home = homeFacts(machine);
  const sandbox: { probe: ExecutorProbe; overlays?: boolean } =
    home.problem === undefined ? await examineSandbox(machine, task) : { probe: withoutHome('sandbox') };
  const daemons = await probeDaemons(machine);
  const [usable] = daemons.filter((probe) => probe.usable);
  return diagnose({
    nodeVersion: process.version,
    platform: `${machine.platform.os}/${machine.platform.architecture}`,
    home,
    executors: [sandbox.probe, home.problem === undefined ? await examineContainers(machine, task) : withoutHome('container')],
    overlays: sandbox.overlays,
    daemons: (usable === undefined ? daemons : [usable]).map((probe) =>
      probe.usable
        ? { usable: true, description: `${probe.daemon.name} ${probe.daemon.version} at ${probe.daemon.address}: used by run and --output docker` }
        : { usable: false, description: `${probe.origin}: ${probe.reason}`, ...(probe.nextStep === undefined ? {} : { nextStep: probe.nextStep }) },
    ),
    npmRegistry: await answered(async () => ({ address: await machine.npmRegistry() })),
    debianMirror: await answered(() => {
      const { addresses, origin } = debianMirrors(machine);
      return Promise.resolve({ address: addresses.debian, origin: ORIGINS[origin] });
    }),
    proxy: home.problem === undefined ? (await machine.settings()).proxy : {},
    certificates: home.problem === undefined ? (await machine.settings()).certificates : { hasOwnCa: false, sources: [] },
    credentialFiles: credentialFiles(machine.environment, machine.environment.HOME).filter((path) => existsSync(path)),
  });
}

/** Reads everything that is kept by its digest. */
export async function verifyData(machine: Machine, task: Task): Promise<readonly DoctorFinding[]> {
  const step = { kind: 'step', id: 'verify', label: `Verifying ${machine.homeDirectory}` } as const;
  task.events({ ...step, finished: false });
  const { directory } = openDownloadStore(machine.home(), machine.clock);
  const verified = await withHome(machine, task, () => verifyHome(machine.home(), machine.store(), directory, task.signal));
  task.events({ ...step, finished: true });
  return diagnoseStore(verified);
}

const ORIGINS = { environment: 'TSPACK_DEBIAN_MIRROR', apt: "this machine's apt configuration", snapshot: "Debian's dated archive" } as const;

function homeFacts(machine: Machine): { directory: string; freeBytes: number | undefined; problem?: string } {
  const directory = machine.homeDirectory;
  try {
    makeDirectory(machine.home().work);
    accessSync(machine.home().work, constants.W_OK);
    const { bavail, bsize } = statfsSync(directory);
    return { directory, freeBytes: bavail * bsize };
  } catch (error) {
    return { directory, freeBytes: undefined, problem: (error as Error).message };
  }
}

async function examineSandbox(machine: Machine, task: Task): Promise<{ probe: ExecutorProbe; overlays?: boolean }> {
  try {
    const toolbox = await openToolbox(machine, task.events, task.signal);
    const found = await findBubblewrap(toolbox);
    if (!('command' in found)) return { probe: found };
    const overlays = await probeOverlay(found.command, machine.home().work);
    const workshop = await findRootWorkshop(machine, toolbox, found, machine.home().work as HostPath, overlays);
    return { probe: { ...found.probe, detail: `${found.probe.detail}, ${describeRoot(workshop)}` }, overlays };
  } catch (error) {
    if (!(error instanceof TspackError)) throw error;
    return { probe: refusalOf('sandbox', error) };
  }
}

/** Whose ids image extensions get that install packages. */
function describeRoot(workshop: WorkshopAnswer): string {
  if (!('options' in workshop)) return `no root for image extensions: ${workshop.reason}`;
  return workshop.options.idMap === undefined ? 'root for image extensions is emulated with one user id' : 'root for image extensions has a range of user ids';
}

async function examineContainers(machine: Machine, task: Task): Promise<ExecutorProbe> {
  try {
    const found = await findContainers(machine, task.events, task.signal);
    return 'options' in found ? found.probe : found;
  } catch (error) {
    if (!(error instanceof TspackError)) throw error;
    return refusalOf('container', error);
  }
}

function refusalOf(name: ExecutorProbe['name'], error: { readonly message: string; readonly nextStep?: string | undefined }): ExecutorProbe {
  return { name, usable: false, reason: error.message, nextStep: error.nextStep ?? 'Run tspack doctor again when this is solved' };
}

function withoutHome(name: ExecutorProbe['name']): ExecutorProbe {
  return { name, usable: false, reason: 'the data folder cannot be used', nextStep: 'See the finding about data' };
}

async function answered<Answer extends object>(ask: () => Promise<Answer>): Promise<Answer | { problem: string; nextStep?: string }> {
  try {
    return await ask();
  } catch (error) {
    if (hasSystemCode(error, 'EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT')) return { problem: error.message };
    if (!(error instanceof TspackError)) throw error;
    return { problem: error.message, ...(error.nextStep === undefined ? {} : { nextStep: error.nextStep }) };
  }
}
