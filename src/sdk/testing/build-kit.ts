import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatBuildpackPlan, formatRestoredLayerToml, parseApiVersion, parseBuildPlan, parseLaunchToml, parseLayerToml } from '../../cnb/index.ts';
import type { BuildPlan, LaunchToml, LayerContentMetadata, Require } from '../../cnb/index.ts';
import type { Clock } from '../../foundation/index.ts';
import type { Buildpack } from '../buildpack.ts';
import { runCommand, type CommandRunner } from '../command.ts';
import { createDownloads, type Downloads, type DownloadsOptions } from '../downloads.ts';
import { runBuildpack } from '../run-buildpack.ts';

/** What a test puts a buildpack into. */
export interface BuildKitOptions {
  readonly buildpack: Buildpack;
  /** Folder with buildpack.toml. */
  readonly buildpackDirectory: string;
  /** Files of the application: path to content. Or a folder, which is copied. */
  readonly application: Readonly<Record<string, string>> | string;
  readonly env?: Readonly<Record<string, string>>;
  /** Bindings: name to files, `type` among them. */
  readonly bindings?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Runs programs; real ones by default. */
  readonly run?: CommandRunner;
  /** Fetches; the network by default. */
  readonly createDownloads?: (options: DownloadsOptions) => Downloads;
  /** 2026-01-02T03:04:05Z by default. */
  readonly clock?: Clock;
  readonly architecture?: 'amd64' | 'arm64';
  /** Entries of the buildpack plan; none by default. */
  readonly plan?: readonly Require[];
}

/** How one executable of a buildpack ended. */
export interface DetectResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** undefined when it wrote none. */
  readonly plan: BuildPlan | undefined;
}

/** What a build left. */
export interface BuildResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly launch: LaunchToml | undefined;
  readonly layers: ReadonlyMap<string, LayerContentMetadata>;
}

/** A folder for one application, in which detect and build can run again and again as the lifecycle would run them. */
export interface BuildKit extends Disposable {
  readonly applicationDirectory: string;
  readonly layersDirectory: string;
  detect(): Promise<DetectResult>;
  /** Restores layers as the lifecycle does after the last build, stages the application afresh, and builds. */
  build(): Promise<BuildResult>;
  /** What a build would do now: `bin/plan` over a copy of the layers. */
  plan(): Promise<BuildResult>;
  /** Changes a file of the application for the builds that follow; undefined removes it. */
  change(path: string, content: string | undefined): void;
  setEnv(name: string, value: string | undefined): void;
}

/** Makes a build kit in a temporary folder, which disposal removes. */
export function createBuildKit(options: BuildKitOptions): BuildKit {
  const root = mkdtempSync(join(tmpdir(), 'tspack-kit-'));
  const path = (name: string) => join(root, name);
  const source = path('source');
  const applicationDirectory = path('workspace');
  const layersDirectory = path('layers');
  const env: Record<string, string> = { ...options.env };
  for (const folder of ['source', 'layers', 'platform']) mkdirSync(path(folder));
  if (typeof options.application === 'string') cpSync(options.application, source, { recursive: true });
  else for (const [file, content] of Object.entries(options.application)) write(join(source, file), content);
  for (const [name, files] of Object.entries(options.bindings ?? {})) {
    for (const [file, content] of Object.entries(files)) write(join(path('platform'), 'bindings', name, file), content);
  }

  async function run(phase: 'detect' | 'build' | 'plan', layers = layersDirectory): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    rmSync(applicationDirectory, { recursive: true, force: true });
    cpSync(source, applicationDirectory, { recursive: true });
    let stdout = '';
    let stderr = '';
    const exitCode = await runBuildpack(options.buildpack, {
      argv: [phase],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: root,
        CNB_BUILDPACK_DIR: options.buildpackDirectory,
        CNB_PLATFORM_DIR: path('platform'),
        CNB_BUILD_PLAN_PATH: path('plan.toml'),
        CNB_BP_PLAN_PATH: path('buildpack-plan.toml'),
        CNB_LAYERS_DIR: layers,
        CNB_TARGET_OS: 'linux',
        CNB_TARGET_ARCH: options.architecture ?? 'amd64',
        ...env,
      },
      cwd: applicationDirectory,
      output: {
        stdout: (text) => {
          stdout += text;
        },
        stderr: (text) => {
          stderr += text;
        },
      },
      clock: options.clock ?? { now: () => new Date('2026-01-02T03:04:05Z') },
      run: options.run ?? runCommand,
      createDownloads: options.createDownloads ?? createDownloads,
    });
    return { exitCode, stdout, stderr };
  }

  async function buildOrPlan(phase: 'build' | 'plan', layers: string): Promise<BuildResult> {
    restoreLayers(layers);
    writeFileSync(path('buildpack-plan.toml'), formatBuildpackPlan({ entries: options.plan ?? [] }));
    const result = await run(phase, layers);
    const launchFile = join(layers, 'launch.toml');
    return {
      ...result,
      launch:
        result.exitCode === 0 && existsSync(launchFile) ? parseLaunchToml(readFileSync(launchFile, 'utf8'), 'launch.toml', parseApiVersion('0.12')) : undefined,
      layers: readLayers(layers),
    };
  }

  return {
    applicationDirectory,
    layersDirectory,
    async detect() {
      rmSync(path('plan.toml'), { force: true });
      const result = await run('detect');
      return { ...result, plan: existsSync(path('plan.toml')) ? parseBuildPlan(readFileSync(path('plan.toml'), 'utf8'), 'plan.toml') : undefined };
    },
    build: () => buildOrPlan('build', layersDirectory),
    async plan() {
      const copy = path('planned-layers');
      rmSync(copy, { recursive: true, force: true });
      cpSync(layersDirectory, copy, { recursive: true });
      return await buildOrPlan('plan', copy);
    },
    change(file, content) {
      if (content === undefined) rmSync(join(source, file), { force: true });
      else write(join(source, file), content);
    },
    setEnv(name, value) {
      if (value === undefined) delete env[name];
      else env[name] = value;
    },
    [Symbol.dispose]() {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

const NOT_LAYERS = new Set(['launch.toml', 'build.toml', 'store.toml']);

function layerNames(layersDirectory: string): readonly string[] {
  return readdirSync(layersDirectory)
    .filter((name) => name.endsWith('.toml') && !NOT_LAYERS.has(name))
    .map((name) => name.slice(0, -'.toml'.length))
    .sort();
}

function readLayers(layersDirectory: string): ReadonlyMap<string, LayerContentMetadata> {
  return new Map(layerNames(layersDirectory).map((name) => [name, parseLayerToml(readFileSync(join(layersDirectory, `${name}.toml`), 'utf8'), name)]));
}

/** What is there before a build that follows another (`buildpack.md#layer-types`): contents of cached layers, metadata of cached and launched ones. */
function restoreLayers(layersDirectory: string): void {
  for (const file of ['launch.toml', 'build.toml']) rmSync(join(layersDirectory, file), { force: true });
  for (const [name, { types, metadata }] of readLayers(layersDirectory)) {
    const path = join(layersDirectory, name);
    if (!types.cache) {
      rmSync(path, { recursive: true, force: true });
      for (const file of readdirSync(layersDirectory)) if (file.startsWith(`${name}.sbom.`)) rmSync(join(layersDirectory, file));
    }
    if (types.cache || (types.launch && !types.build)) writeFileSync(`${path}.toml`, formatRestoredLayerToml(metadata));
    else rmSync(`${path}.toml`);
  }
}
