import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodeFor } from '../../../src/cli/exit-code.ts';
import {
  formatAnalyzedToml,
  formatPlanToml,
  isApiAtLeast,
  parseApiVersion,
  parseBuildMetadataLabel,
  parseOrderToml,
  parseSystemToml,
  withDistribution,
} from '../../../src/cnb/index.ts';
import type { LauncherRecord } from '../../../src/cnb/index.ts';
import { parseToml } from '../../../src/foundation/index.ts';
import { createBubblewrapExecutor } from '../../../src/executor/bubblewrap/index.ts';
import {
  analyze,
  build,
  createModuleStore,
  createPlainLayersDirectory,
  detect,
  exportImage,
  generate,
  openDirectoryLayerCache,
  restore,
} from '../../../src/lifecycle/index.ts';
import type { MountedDirectory } from '../../../src/lifecycle/index.ts';
import { createLayerWriter, openBlobDirectory, parseImageReference } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { hostPath, readText, sandboxPath, testBubblewrap } from '../sandbox-root.ts';
import { generatedFiles, handedOn, layersListing } from './layers-listing.ts';
import type { RoundOutcome } from './outcome.ts';
import { CONTAINER_ENV, RUN_IMAGE_MIRROR } from './root.ts';
import type { ConformanceRoot } from './root.ts';
import type { PhaseEnd, Scenario } from './scenario.ts';

export interface TspackRound {
  readonly scenario: Scenario;
  readonly root: ConformanceRoot;
  readonly round: number;
  /** Host folder for layers and cache, kept over the rounds. */
  readonly place: string;
  readonly app: string;
  readonly runImage: { readonly name: string; readonly reference: string; readonly image: Image };
  readonly previous: Image | undefined;
  readonly launcherRecord: LauncherRecord;
}

/** What the reference's own launcher is recorded as. */
export function launcherRecordOf(image: Image | undefined): LauncherRecord {
  const label = image?.config.config?.Labels?.['io.buildpacks.build.metadata'];
  return label === undefined ? { version: '0', source: { git: { repository: '', commit: '' } } } : parseBuildMetadataLabel(label).launcher;
}

/** One build of a scenario by tspack's phases, in its sandbox. */
export async function buildWithTspack(input: TspackRound): Promise<RoundOutcome> {
  const { root, round } = input;
  const output: string[] = [];
  const events = (event: unknown): void => void output.push(JSON.stringify(event));
  const ends: PhaseEnd[] = [];
  const state: Progress['state'] = { restored: {}, built: {}, image: undefined };
  root.startRound(round);
  try {
    await runPhases(input, { events, ends, state });
  } catch (error) {
    const phases = ['detect', 'restore', 'build', 'export'] as const;
    ends.push({ phase: phases[ends.length] ?? 'export', exitCode: exitCodeFor(error) });
    if (ends.length === 3) state.built = layersListing(root);
    output.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return {
    ends,
    records: root.records(round),
    group: handedOn(root, 'group.toml'),
    generated: generatedFiles(root),
    plan: handedOn(root, 'plan.toml'),
    ...state,
    output: output.join('\n'),
  };
}

interface Progress {
  readonly events: (event: unknown) => void;
  readonly ends: PhaseEnd[];
  readonly state: { restored: RoundOutcome['restored']; built: RoundOutcome['built']; image: Image | undefined; runImage?: unknown };
}

async function runPhases(input: TspackRound, { events, ends, state }: Progress): Promise<void> {
  const { scenario, root, place, runImage, previous } = input;
  const platformApi = parseApiVersion(scenario.platformApi);
  const layers = createPlainLayersDirectory(root.at('layers'));
  const mounted = (path: string): MountedDirectory => ({ hostPath: hostPath(root.at(path)), sandboxPath: sandboxPath(`/${path}`) });
  const bind = (path: string, writable: boolean) => ({ kind: 'bind' as const, source: hostPath(root.at(path)), target: sandboxPath(`/${path}`), writable });
  const scratchDirectory = join(place, 'pipes');
  mkdirSync(scratchDirectory, { recursive: true });
  const executor = createBubblewrapExecutor({ bubblewrap: testBubblewrap() ?? [], scratchDirectory: hostPath(scratchDirectory), readFile: readText });
  await using sandbox = await executor.open({
    root: hostPath(root.root),
    user: { uid: 1001, gid: 1000 },
    network: 'host',
    hostname: 'build-host',
    mounts: [
      { kind: 'bind', source: hostPath('/usr'), target: sandboxPath('/usr'), writable: false },
      ...['workspace', 'layers', 'record', 'scratch'].map((path) => bind(path, true)),
    ],
  });
  const modules = createModuleStore({ buildpacks: [mounted('cnb/buildpacks')], extensions: [mounted('cnb/extensions')] });
  const images = { read: () => Promise.resolve(previous), write: () => Promise.reject(new Error('nothing is written')) };
  const analysis = await analyze({ previousImage: parseImageReference(input.app), runImage: runImage.image }, { images, events });
  const shared = {
    platformApi,
    imageEnv: { ...CONTAINER_ENV, ...scenario.env },
    platform: mounted('platform'),
    buildConfig: mounted('cnb/build-config'),
    target: withDistribution(analysis.target, readFileSync(root.at('etc/os-release'), 'utf8')),
    execEnv: scenario.execEnv ?? 'production',
    app: sandboxPath('/workspace'),
    scratch: mounted('scratch'),
  };
  const system = scenario.system === undefined ? {} : { system: parseSystemToml(scenario.system, 'system.toml') };
  const order = parseOrderToml(readFileSync(root.at('cnb/order.toml'), 'utf8'), 'order.toml');

  const detected = await detect({ ...shared, order, ...system, concurrency: 2 }, { sandbox, modules, layers, events });
  if (detected.kind === 'detected' && detected.group.groupExtensions.length > 0) {
    mkdirSync(root.at('layers/generated'));
    // As the analyzer writes it.
    const named = isApiAtLeast(platformApi, '0.12') ? { image: runImage.name, target: analysis.target } : {};
    const generated = await generate(
      {
        ...{ ...shared, group: detected.group, plan: detected.plan, generated: mounted('layers/generated') },
        runImage: { reference: runImage.reference, ...named },
        runImageNames: [runImage.name, RUN_IMAGE_MIRROR],
      },
      { sandbox, modules, events },
    );
    layers.writeFile('plan.toml', formatPlanToml(generated.plan));
    state.runImage = parseToml(formatAnalyzedToml({ metadata: analysis.metadata, runImage: generated.runImage }), 'analyzed.toml')['run-image'];
  }
  ends.push({ phase: 'detect', exitCode: detected.kind === 'detected' ? 0 : detected.errored ? 21 : 20 });
  if (detected.kind === 'none' || scenario.detectOnly === true) return;
  const { group, plan } = detected;

  const cache = await openDirectoryLayerCache(join(place, 'cache'));
  await restore({ group, analysis, platformApi }, { cache, layers, events });
  const { lower } = cache.overlay;
  for (const name of existsSync(lower) ? readdirSync(lower) : [])
    cpSync(join(lower, name), join(root.at('layers'), name), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  ends.push({ phase: 'restore', exitCode: 0 });
  state.restored = layersListing(root);

  const built = await build({ ...shared, group, plan, layersPath: sandboxPath('/layers') }, { sandbox, modules, layers, events });
  ends.push({ phase: 'build', exitCode: 0 });
  state.built = layersListing(root);

  const blobs = openBlobDirectory(join(place, 'store'));
  const exported = await exportImage(
    {
      group,
      analysis,
      launchMetadata: built.metadata,
      runImage: { image: runImage.image, reference: runImage.reference, name: runImage.name, mirrors: [RUN_IMAGE_MIRROR] },
      platformApi,
      owner: { uid: 1001, gid: 1000 },
      appDirectory: root.at('workspace'),
      appPath: '/workspace',
      layersPath: '/layers',
      launcher: root.at('cnb/lifecycle/launcher'),
      launcherRecord: input.launcherRecord,
      projectMetadata: {},
      execEnv: shared.execEnv,
      created: '1980-01-01T00:00:01Z',
      ...(scenario.defaultProcess === undefined ? {} : { defaultProcess: scenario.defaultProcess }),
    },
    { layers, layerWriter: createLayerWriter(blobs), cache, storedLayer: () => undefined, events },
  );
  ends.push({ phase: 'export', exitCode: 0 });
  state.image = exported.image;
  await cache.commit(exported.cacheLayers);
}
