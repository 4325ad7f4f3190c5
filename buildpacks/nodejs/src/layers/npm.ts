import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { exactVersion, isVersionRange, nearestVersions, newestSatisfying, satisfies, type BuildContext, type LayerOutcome } from '../../../../src/sdk/index.ts';
import { npmUnsatisfiable, otherPackageManager, registryUnknown } from '../errors.ts';
import { isTable, type Manifest } from '../manifest.ts';
import type { Registry } from '../npm-settings.ts';
import { fetchOfferedVersions } from '../offered-versions.ts';
import { fetchPackage } from '../package-archive.ts';

/** npm in place. */
export interface Npm extends Disposable {
  readonly version: string;
  /** Folder with `npm` and `npx` as programs, for PATH while building. */
  readonly binDirectory: string;
  /** `npm-cli.js`. */
  readonly cli: string;
  /** Puts npm into the image, for start commands that need it. */
  keepForLaunch(): Promise<void>;
}

/** The npm that is part of the builder. */
export interface BuilderNpm {
  readonly directory: string;
  readonly version: string;
  /** Node.js versions that it runs on. */
  readonly node: string;
}

/** Reads the builder's npm; undefined where there is none, such as in a foreign builder. */
export function readBuilderNpm(env: Readonly<Record<string, string>>): BuilderNpm | undefined {
  const directory = env['TSPACK_NPM'] ?? '/cnb/tspack/npm';
  const file = join(directory, 'package.json');
  if (!existsSync(file)) return undefined;
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isTable(value) || typeof value['version'] !== 'string') return undefined;
  const engines = value['engines'];
  return { directory, version: value['version'], node: isTable(engines) && typeof engines['node'] === 'string' ? engines['node'] : '*' };
}

/** What the application says about npm: an exact version or a range. Throws `NODE_PACKAGE_MANAGER_UNSUPPORTED` for another package manager. */
export function findNpmRequest(manifest: Manifest): { readonly text: string; readonly source: string } | undefined {
  const { packageManager } = manifest;
  if (packageManager !== undefined) {
    const match = /^([a-z]+)@([^+]+)/.exec(packageManager);
    if (match?.[1] !== 'npm') throw otherPackageManager(packageManager);
    return { text: match[2]!, source: 'package.json packageManager' };
  }
  const candidates = [
    [manifest.engines.npm, 'package.json engines.npm'],
    [manifest.volta.npm, 'package.json volta.npm'],
    [manifest.devEngines.npm, 'package.json devEngines.packageManager'],
  ] as const;
  const found = candidates.find(([text]) => text !== undefined);
  return found === undefined ? undefined : { text: found[0]!, source: found[1] };
}

/** The builder's npm where it does, because it costs no download; else the newest that satisfies the request and runs on this Node.js. */
export async function installNpm(
  context: BuildContext,
  manifest: Manifest,
  nodeVersion: string,
  registry: () => Promise<Registry>,
  builder = readBuilderNpm(context.env),
): Promise<Npm> {
  const request = findNpmRequest(manifest);
  if (request !== undefined && !isVersionRange(request.text)) throw npmUnsatisfiable(request.text, request.source, nodeVersion, []);
  if (builder !== undefined && satisfies(nodeVersion, builder.node) && (request === undefined || satisfies(builder.version, request.text))) {
    const why = request === undefined ? 'the application asks for none' : `it satisfies "${request.text}" in ${request.source}`;
    context.log.line(`npm ${builder.version}: the builder's own; ${why}`);
    return useBuilderNpm(context, builder);
  }
  const source = await registry();
  const offered = await fetchOfferedVersions(context, source, 'npm', undefined);
  const running = [...offered].filter(([, { node }]) => node === undefined || satisfies(nodeVersion, node)).map(([version]) => version);
  const exact = request === undefined ? undefined : exactVersion(request.text);
  const version =
    exact !== undefined && offered.has(exact)
      ? exact
      : newestSatisfying(
          request?.text ?? '*',
          running.filter((candidate) => !candidate.includes('-')),
        );
  if (version === undefined)
    throw npmUnsatisfiable(request?.text ?? '*', request?.source ?? 'the default', nodeVersion, nearestVersions(request?.text ?? '*', running));
  context.log.line(
    `npm ${version}: the newest ${request === undefined ? `that runs on Node.js ${nodeVersion}` : `for "${request.text}" in ${request.source}`}`,
  );
  const outcome = await npmLayer(context, version, async (directory) => {
    context.log.line(`Downloading npm ${version}`);
    await fetchPackage(context, source, { name: 'npm', version, offered: offered.get(version)!, directory, filter: (path) => !/^(?:docs|man)\//.test(path) });
  });
  return {
    version,
    binDirectory: join(outcome.layer.path, 'bin'),
    cli: join(outcome.layer.path, 'lib/npm/bin/npm-cli.js'),
    keepForLaunch: async () => outcome.setTypes({ cache: true, launch: true }),
    [Symbol.dispose]: () => undefined,
  };
}

function useBuilderNpm(context: BuildContext, builder: BuilderNpm): Npm {
  const binDirectory = mkdtempSync(join(tmpdir(), 'npm-bin-'));
  linkPrograms(builder.directory, binDirectory);
  return {
    version: builder.version,
    binDirectory,
    cli: join(builder.directory, 'bin/npm-cli.js'),
    async keepForLaunch() {
      const outcome = await npmLayer(context, builder.version, async (directory) => {
        mkdirSync(dirname(directory), { recursive: true });
        await context.run({
          command: ['cp', '-R', builder.directory, directory],
          cwd: '/',
          env: { PATH: context.env['PATH'] ?? '' },
          output: (text) => context.log.output(text),
        });
        for (const folder of ['docs', 'man']) rmSync(join(directory, folder), { recursive: true, force: true });
      });
      outcome.setTypes({ cache: true, launch: true });
    },
    [Symbol.dispose]: () => rmSync(binDirectory, { recursive: true, force: true }),
  };
}

async function npmLayer(context: BuildContext, version: string, fill: (directory: string) => Promise<void>): Promise<LayerOutcome<Record<string, never>>> {
  return await context.layer({
    name: 'npm',
    title: `npm ${version}`,
    types: { cache: true },
    inputs: [{ name: 'npm version', value: version, readable: true }],
    create: async (layer) => {
      const directory = join(layer.path, 'lib/npm');
      await fill(directory);
      mkdirSync(join(layer.path, 'bin'), { recursive: true });
      linkPrograms('../lib/npm', join(layer.path, 'bin'));
      return {};
    },
  });
}

function linkPrograms(npmDirectory: string, binDirectory: string): void {
  for (const name of ['npm', 'npx']) symlinkSync(join(npmDirectory, 'bin', `${name}-cli.js`), join(binDirectory, name));
}

/** Asks npm's own configuration for the registry; undefined without a builder's npm. */
export async function askNpmForRegistry(context: BuildContext, builder = readBuilderNpm(context.env)): Promise<string | undefined> {
  if (builder === undefined) return undefined;
  const command = [process.execPath, join(builder.directory, 'bin/npm-cli.js'), 'config', 'get', 'registry'];
  const { exitCode, stdout } = await context.run({
    command,
    cwd: tmpdir(),
    env: { ...context.env, npm_config_update_notifier: 'false' },
    output: () => undefined,
  });
  const url = stdout.trim().split('\n').at(-1) ?? '';
  return exitCode === 0 && /^https?:\/\//.test(url) ? url : undefined;
}

/** The registry, or the error that says how to name one. */
export function requireRegistry(registry: Registry | undefined): Registry {
  if (registry === undefined) throw registryUnknown();
  return registry;
}
