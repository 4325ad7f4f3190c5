/**
 * The only place that constructs adapters: executors, registries, daemons, the HTTP client, the local store. Policy
 * lives in `platform`.
 *
 * @packageDocumentation
 */
import { join } from 'node:path';
import { findBundledBuilder, suggestBuilders, updateBuilderLock } from './builder/index.ts';
import { acquireLock } from './store/index.ts';
import {
  architectureOf,
  build,
  builderEvents,
  describeBuilder,
  describeImage,
  downloadSbom,
  findImage,
  rebase,
  resolveBundledBuilder,
  resolveBundledRunImage,
  run,
} from './platform/index.ts';
import { createSupply, debianContext, downloadFile } from './compose/debian.ts';
import { examine } from './compose/doctor.ts';
import { openExecutor } from './compose/executor.ts';
import { openDaemon, openRegistry, requireDaemon, runInDaemon } from './compose/images.ts';
import { once, openMachine } from './compose/machine.ts';
import { runInSandbox } from './compose/run-in-sandbox.ts';
import { hostBuildSettings } from './compose/sandbox.ts';
import type { BuildPorts, BundledBuilderPorts, FindImagePorts, Task, Tspack } from './platform/index.ts';
import type { Environment, Machine } from './compose/machine.ts';

/** Wires tspack for this machine. Nothing is opened before it is needed. */
export function composePlatform({ environment, workingDirectory }: { readonly environment: Environment; readonly workingDirectory: string }): Tspack {
  const machine = openMachine(environment, workingDirectory);
  const { directories } = machine;
  return {
    build: (options, task) => build(options, task, buildPorts(machine)),
    async run(options, task) {
      return await run(options, task, {
        ...findPorts(machine, task, []),
        container: async () => {
          const opened = await openDaemon(machine, task.signal);
          return opened && ((image, reference, runOptions, runTask) => runInDaemon(opened, image, reference, runOptions, runTask));
        },
        sandbox: (image, runOptions, runTask) => runInSandbox(machine, image, runOptions, runTask),
      });
    },
    rebase: (options, task) =>
      rebase(options, task, {
        store: machine.store(),
        platform: machine.platform,
        registry: once(() => openRegistry(machine, options.insecureRegistries, task.events, task.signal)),
        daemon: () => requireDaemon(machine, task.signal),
        findDaemon: () => openDaemon(machine, task.signal),
        bundledRunImage: (name, platform, { events, signal }) =>
          resolveBundledRunImage(name, { platform, frozen: false, events, signal }, builderPorts(machine)),
        sourceDateEpoch: environment.SOURCE_DATE_EPOCH,
      }),
    async inspectImage(location, task) {
      const { image, name, place } = await findImage(location, findPorts(machine, task, location.insecureRegistries));
      return describeImage(image, name, place);
    },
    async downloadSbom(location, directory, task) {
      const { image, name } = await findImage(location, findPorts(machine, task, location.insecureRegistries));
      return await downloadSbom(image, name, directory);
    },
    builders: () => suggestBuilders(directories.builders),
    inspectBuilder: (name) => describeBuilder(findBundledBuilder(directories.builders, name), directories, architectureOf(machine.platform)),
    async updateBuilder(name, task) {
      const builder = findBundledBuilder(directories.builders, name);
      using _lock = await acquireLock(join(machine.home().locks, `update-${name}`), { signal: task.signal });
      const updated = await updateBuilderLock({ builder, debian: debianContext(machine, builderEvents(task.events), task.signal), clock: machine.clock });
      return updated.flatMap(({ architecture, changes }) =>
        changes.map((change) => ({
          image: name,
          architecture,
          name: change.name,
          ...('from' in change ? { from: change.from } : {}),
          ...('to' in change ? { to: change.to } : {}),
        })),
      );
    },
    doctor: (task) => examine(machine, task),
  };
}

function builderPorts(machine: Machine): BundledBuilderPorts {
  return {
    home: machine.home(),
    store: machine.store(),
    buildersDirectory: machine.directories.builders,
    buildpacksDirectory: machine.directories.buildpacks,
    createSupply: createSupply(machine),
    npmRegistry: machine.npmRegistry,
    download: downloadFile(machine),
    clock: machine.clock,
  };
}

function buildPorts(machine: Machine): BuildPorts {
  const builders = builderPorts(machine);
  return {
    home: machine.home(),
    store: machine.store(),
    resolveBuilder: (request) => resolveBundledBuilder(request, builders),
    openSandbox: (executor, events, signal) => openExecutor(machine, executor, events, signal),
    hostSettings: (root) => hostBuildSettings(machine, root),
    registry: (insecure, events, signal) => openRegistry(machine, insecure, events, signal),
    daemon: (signal) => requireDaemon(machine, signal),
    launcher: { path: ({ architecture }) => join(machine.directories.launchers, `launcher-linux-${architecture}`), version: machine.version },
    hostPlatform: machine.platform,
    cores: machine.cores,
    sourceDateEpoch: machine.environment.SOURCE_DATE_EPOCH,
  };
}

function findPorts(machine: Machine, task: Task, insecureRegistries: readonly string[]): FindImagePorts {
  return {
    store: machine.store(),
    platform: machine.platform,
    registry: () => openRegistry(machine, insecureRegistries, task.events, task.signal),
    daemon: () => openDaemon(machine, task.signal),
  };
}
