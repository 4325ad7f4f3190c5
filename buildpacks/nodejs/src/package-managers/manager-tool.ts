import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { exactVersion, isVersionRange, nearestVersions, newestSatisfying, satisfies, type BuildContext } from '../../../../src/sdk/index.ts';
import { managerHashDiffers, managerUnsatisfiable } from '../errors.ts';
import { isTable } from '../manifest.ts';
import { fetchPackage } from '../package-archive.ts';
import { fetchOfferedVersions } from '../registry-versions.ts';
import type { OpenInputs, VersionRequest } from './package-manager.ts';

/** A package manager that the npm registry has. */
export interface ToolRequest {
  /** As it is typed; the name of its layer. */
  readonly name: string;
  /** The package of the registry, where the version decides which. */
  readonly packageFor: (version: string) => string;
  /** The package whose versions are looked at. */
  readonly listed: string;
  /** What is wanted where the application names no version. */
  readonly fallback: VersionRequest;
  readonly filter?: (path: string) => boolean;
}

/** A package manager in its layer. */
export interface ManagerTool {
  readonly version: string;
  readonly directory: string;
  /** Folder with its programs, for PATH. */
  readonly binDirectory: string;
  keepForLaunch(): void;
}

/** Chooses the version and installs it into a layer for the cache. Throws `NODE_PACKAGE_MANAGER_UNSATISFIABLE` and `NODE_PACKAGE_MANAGER_HASH`. */
export async function installTool(inputs: OpenInputs, tool: ToolRequest): Promise<ManagerTool> {
  const { context, runtime } = inputs;
  const request = inputs.request ?? tool.fallback;
  const registry = await inputs.registry();
  const offered = await fetchOfferedVersions(context, registry, tool.listed);
  const running = [...offered].filter(([, { node }]) => node === undefined || satisfies(runtime.version, node)).map(([version]) => version);
  const version = chooseToolVersion(tool.name, request, [...offered.keys()], running, runtime.version);
  const isExact = /^\d+\.\d+\.\d+/.test(request.text);
  const asked = isExact ? 'asked for as' : `the newest that runs on Node.js ${runtime.version} for`;
  context.choose({ name: tool.name, version, reason: `${asked} "${request.text}" in ${request.source}` });
  const packageName = tool.packageFor(version);
  const outcome = await context.layer({
    name: tool.name,
    title: `${tool.name} ${version}`,
    types: { cache: true },
    inputs: [
      { name: `${tool.name} version`, value: version, readable: true },
      { name: 'package', value: packageName, readable: true },
      { name: 'hash', value: request.hash === undefined ? 'none' : `${request.hash.algorithm}.${request.hash.hex}` },
    ],
    create: async (layer) => {
      context.log.line(`Downloading ${tool.name} ${version}`);
      const directory = join(layer.path, 'lib', tool.name);
      mkdirSync(join(layer.path, 'lib'), { recursive: true });
      const archive = packageName === tool.listed ? offered : await fetchOfferedVersions(context, registry, packageName);
      const entry = archive.get(version);
      if (entry === undefined) throw managerUnsatisfiable(packageName, version, request.source, runtime.version, nearestVersions(version, [...archive.keys()]));
      await fetchPackage(context, registry, {
        name: packageName,
        version,
        offered: entry,
        directory,
        ...(tool.filter === undefined ? {} : { filter: tool.filter }),
        check: (file) => requireHash(tool.name, version, request, [file, join(directory, 'bin/yarn.js')]),
      });
      linkPrograms(directory, join(layer.path, 'bin'), `../lib/${tool.name}`);
      return {};
    },
  });
  return {
    version,
    directory: join(outcome.layer.path, 'lib', tool.name),
    binDirectory: join(outcome.layer.path, 'bin'),
    keepForLaunch: () => outcome.setTypes({ cache: true, launch: true }),
  };
}

function chooseToolVersion(name: string, request: VersionRequest, offered: readonly string[], running: readonly string[], node: string): string {
  if (!isVersionRange(request.text)) throw managerUnsatisfiable(name, request.text, request.source, node, []);
  const exact = exactVersion(request.text);
  if (exact !== undefined && offered.includes(exact)) return exact;
  const stable = running.filter((candidate) => !candidate.includes('-'));
  const version = newestSatisfying(request.text, stable);
  if (version === undefined) throw managerUnsatisfiable(name, request.text, request.source, node, nearestVersions(request.text, running));
  return version;
}

/** `packageManager` may end in a digest: of the archive, or of the one file that Yarn 2 and later consist of. */
function requireHash(name: string, version: string, { hash }: VersionRequest, files: readonly string[]): void {
  if (hash === undefined) return;
  const found = files.filter((file) => existsSync(file)).map((file) => createHash(hash.algorithm).update(readFileSync(file)).digest('hex'));
  if (!found.includes(hash.hex)) throw managerHashDiffers(name, version, `${hash.algorithm}.${hash.hex}`, `${hash.algorithm}.${found[0] ?? ''}`);
}

/** Makes links to the programs that a package names. */
function linkPrograms(directory: string, binDirectory: string, target: string): void {
  mkdirSync(binDirectory, { recursive: true });
  for (const [name, file] of Object.entries(readPrograms(directory))) {
    chmodSync(join(directory, file), 0o755);
    symlinkSync(join(target, file), join(binDirectory, name));
  }
}

/** `bin` of a package: program to file. */
export function readPrograms(directory: string): Readonly<Record<string, string>> {
  const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const bin = isTable(manifest) ? manifest['bin'] : undefined;
  if (!isTable(bin)) return {};
  return Object.fromEntries(
    Object.entries(bin).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && existsSync(join(directory, entry[1]))),
  );
}

/** The folder in which a package manager keeps what it downloads, for the cache alone. */
export async function downloadCache(context: BuildContext, name: string): Promise<string> {
  const outcome = await context.layer({ name: `${name}-cache`, title: `${name}'s cache`, types: { cache: true }, inputs: [], create: () => ({}) });
  return outcome.layer.path;
}
