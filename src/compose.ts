/**
 * The only place that constructs adapters: executors, registries, daemons, the HTTP client, the local store. Policy
 * lives in `platform`.
 *
 * @packageDocumentation
 */
import { join } from 'node:path';
import { suggestBuilders } from './builder/index.ts';
import { openDownloadStore, openRecordStore, openSbomStore } from './store/index.ts';
import {
  build,
  describeAnyBuilder,
  describeDeployment,
  describeImage,
  downloadSbom,
  explainLayer,
  findImage,
  plan,
  rebase,
  resolveBuilder,
  resolveOwnBuilder,
  run,
  withConfiguration,
} from './platform/index.ts';
import { builderPorts, bundledRunImage } from './compose/builders.ts';
import { composeCaches, withinCacheLimit } from './compose/caches.ts';
import { examine, verifyData } from './compose/doctor.ts';
import { openExecutor } from './compose/executor.ts';
import { findPorts } from './compose/find-ports.ts';
import { gitRunner } from './compose/git.ts';
import { composeImageVerbs } from './compose/image-verbs.ts';
import { openDaemon, openRegistry, requireDaemon, runInDaemon } from './compose/images.ts';
import { once, openMachine } from './compose/machine.ts';
import { composeMaking } from './compose/making.ts';
import { writeMergedSbom } from './compose/merged-sbom.ts';
import { inlineBuildSettings, withOwnBuilder } from './compose/own-builder.ts';
import { openRootTar } from './compose/root-tar.ts';
import { runInSandbox } from './compose/run-in-sandbox.ts';
import { hostBuildSettings } from './compose/sandbox.ts';
import { composeSettings } from './compose/settings.ts';
import { updateBuilder } from './compose/update-builder.ts';
import { withHome } from './compose/with-home.ts';
import type { BuildOptions, BuildPorts, Tspack } from './platform/index.ts';
import type { Environment } from './compose/environment.ts';
import type { Machine } from './compose/machine.ts';

export { runLifecycleProgram } from './compose/phases.ts';
export type { LifecycleProcess } from './compose/phases.ts';

/** Wires tspack for this machine. Nothing is opened before it is needed. */
export function composePlatform({ environment, workingDirectory }: { readonly environment: Environment; readonly workingDirectory: string }): Tspack {
  const machine = openMachine(environment, workingDirectory);
  const { directories } = machine;
  return {
    build: (options, task) =>
      withHome(machine, task, () => withinCacheLimit(machine, task, () => build(settled(options, machine), task, buildPorts(machine, workingDirectory)))),
    plan: (options, task) => withHome(machine, task, () => plan(settled(options, machine), task, buildPorts(machine, workingDirectory))),
    why: ({ image, layer }, task) =>
      withHome(machine, task, async () => {
        const found =
          image === undefined ? undefined : await findImage({ image, remote: false, insecureRegistries: [] }, findPorts(machine, workingDirectory, task, []));
        return explainLayer(openRecordStore(machine.home()), found?.image.imageId, layer);
      }),
    run: (options, task) =>
      withHome(machine, task, () =>
        run(options, task, {
          ...findPorts(machine, workingDirectory, task, []),
          container: async () => {
            const opened = await openDaemon(machine, task.signal);
            return opened && ((image, reference, runOptions, runTask) => runInDaemon(opened, image, reference, runOptions, runTask));
          },
          sandbox: (image, runOptions, runTask) => runInSandbox(machine, image, runOptions, runTask),
        }),
      ),
    rebase: (options, task) =>
      withHome(machine, task, () =>
        rebase(options, task, {
          home: machine.home(),
          store: machine.store(),
          platform: machine.platform,
          registry: once(() => openRegistry(machine, options.insecureRegistries, task.events, task.signal)),
          daemon: () => requireDaemon(machine, task.signal),
          findDaemon: () => openDaemon(machine, task.signal),
          runImageMirrors: machine.configuration().map('run-image-mirrors'),
          bundledRunImage: (name, platform, { events, signal }) => bundledRunImage(machine, name, { platform, events, signal }),
          sourceDateEpoch: environment.SOURCE_DATE_EPOCH,
        }),
      ),
    inspectImage: (location, task) =>
      withHome(machine, task, async () => {
        const { image, name, place } = await findImage(location, findPorts(machine, workingDirectory, task, location.insecureRegistries));
        return describeImage(image, name, place);
      }),
    downloadSbom: (location, directory, task) =>
      withHome(machine, task, async () => {
        const { image, name } = await findImage(location, findPorts(machine, workingDirectory, task, location.insecureRegistries));
        return await downloadSbom(image, name, directory);
      }),
    downloadMergedSbom: (location, request, task) =>
      withHome(machine, task, () => writeMergedSbom(machine, location, request, findPorts(machine, workingDirectory, task, location.insecureRegistries))),
    builders: () => suggestBuilders(directories.builders),
    inspectBuilder: (location, task) =>
      withHome(machine, task, () => describeAnyBuilder(location, directories, findPorts(machine, workingDirectory, task, location.insecureRegistries))),
    updateBuilder: (options, task) => withHome(machine, task, () => updateBuilder(machine, options, task)),
    deployment: (options, task) =>
      withHome(machine, task, () =>
        describeDeployment(options, {
          directory: directories.deployments,
          registry: once(() => openRegistry(machine, options.insecureRegistries, task.events, task.signal)),
        }),
      ),
    doctor: async ({ verify }, task) => [...(await examine(machine, task)), ...(verify ? await verifyData(machine, task) : [])],
    ...composeSettings(machine),
    ...composeMaking(machine, workingDirectory),
    ...composeCaches(machine),
    ...composeImageVerbs(machine, workingDirectory),
  };
}

/** The options, with what this machine says where they say nothing. */
function settled<Options extends BuildOptions>(options: Options, machine: Machine): Options {
  return withConfiguration(withOwnBuilder(options, machine), machine.configuration());
}

function buildPorts(machine: Machine, workingDirectory: string): BuildPorts {
  const builders = builderPorts(machine, workingDirectory);
  const own = machine.ownBuilder();
  return {
    home: machine.home(),
    store: machine.store(),
    downloads: openDownloadStore(machine.home(), machine.clock),
    sboms: openSbomStore(machine.home()),
    records: openRecordStore(machine.home()),
    clock: machine.clock,
    resolveBuilder: (request) => (own === undefined ? resolveBuilder(request, builders) : resolveOwnBuilder(own, request, builders.modules)),
    openSandbox: (executor, events, signal) => openExecutor(machine, executor, events, signal),
    hostSettings: (root) => (own === undefined ? hostBuildSettings(machine, root) : inlineBuildSettings(machine)),
    registry: (insecure, events, signal) => openRegistry(machine, insecure, events, signal),
    daemon: (signal) => requireDaemon(machine, signal),
    extensions: { pull: builders.modules, download: builders.modules.download, openRootTar },
    runGit: gitRunner(machine),
    launcher: { path: ({ architecture }) => join(machine.directories.launchers, `launcher-linux-${architecture}`), version: machine.version },
    hostPlatform: machine.platform,
    cores: machine.cores,
    sourceDateEpoch: machine.environment.SOURCE_DATE_EPOCH,
  };
}
