import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parsePackageToml } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import { openLayoutStore } from '../../oci/index.ts';
import { readLayoutImage, unpackArchive } from '../images/archive-image.ts';
import { pullImage, requireImage } from '../images/pull-image.ts';
import { readModuleFolder } from './module-folder.ts';
import { parseModuleUri } from './module-uri.ts';
import { openPackage } from './open-package.ts';
import { findRegistered } from './registry-index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { ImagePlatform } from '../../oci/index.ts';
import type { BuildEvent } from '../events.ts';
import type { PullPorts, PullRequest } from '../images/pull-ports.ts';
import type { PullPolicy } from '../pull-policy.ts';
import type { ModuleKind } from './module-folder.ts';
import type { ModuleLocation } from './module-uri.ts';
import type { OpenedModule } from './open-package.ts';

export interface ModulePorts extends PullPorts {
  /** A checkout of a buildpack registry index; undefined when none is configured. */
  readonly buildpackRegistry: string | undefined;
  /** Downloads a file, or finds what it downloaded before; returns its path. */
  readonly download: (url: string, events: EventSink<BuildEvent>, signal: AbortSignal) => Promise<string>;
}

export interface ModuleOptions {
  readonly platform: ImagePlatform;
  readonly pullPolicy: PullPolicy;
  readonly insecureRegistries: readonly string[];
  readonly events: EventSink<BuildEvent>;
  readonly signal: AbortSignal;
}

/** Where a module is that is not in the builder. */
export type OutsideLocation = Exclude<ModuleLocation, { readonly kind: 'builder-order' | 'reference' }>;

/**
 * The folders of a buildpack or extension from anywhere, unpacked where they were packed. A folder of the user is used in
 * place. `name` is what the user called it. Throws `MODULE_INVALID`, `MODULE_NOT_FOUND`, `IMAGE_NOT_FOUND`, the codes of
 * archives, registries and downloads.
 */
export async function openModule(location: OutsideLocation, kind: ModuleKind, name: string, options: ModuleOptions, ports: ModulePorts): Promise<OpenedModule> {
  switch (location.kind) {
    case 'path':
      return await openPath(location.path, kind, name, options, ports);
    case 'download':
      return await openPath(await ports.download(location.url, options.events, options.signal), kind, name, options, ports);
    case 'image':
      return await openImage(location.image, kind, name, options, ports);
    case 'registry':
      // The name of a package on this machine may look like an ID of the registry.
      if (
        location.version === undefined &&
        !name.startsWith('urn:') &&
        (await pullImage({ ...pullRequest(name, kind, options), policy: { kind: 'never' } }, ports)) !== undefined
      ) {
        return await openImage(name, kind, name, { ...options, pullPolicy: { kind: 'never' } }, ports);
      }
      if (kind === 'extension') throw notFound(name, 'the buildpack registry holds no extensions', 'Name a folder, an archive or an image');
      return await openImage(findRegistered(ports.buildpackRegistry, location).address, kind, name, options, ports);
  }
}

async function openImage(image: string, kind: ModuleKind, name: string, options: ModuleOptions, ports: ModulePorts): Promise<OpenedModule> {
  const found = await requireImage(pullRequest(image, kind, options), ports);
  return await openPackage(found.image, kind, name, { home: ports.home, signal: options.signal });
}

function pullRequest(image: string, role: ModuleKind, { platform, pullPolicy, insecureRegistries, events, signal }: ModuleOptions): PullRequest {
  return { image, role, platform, policy: pullPolicy, insecureRegistries, events, signal };
}

async function openPath(path: string, kind: ModuleKind, name: string, options: ModuleOptions, ports: ModulePorts): Promise<OpenedModule> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined)
    throw notFound(
      name,
      'there is no such file or folder',
      'Check the path; relative ones start at the working directory, those of project.toml at its folder',
    );
  if (stats.isDirectory()) return await openDirectory(path, kind, name, options, ports);
  const directory = await unpackArchive(path, { home: ports.home, signal: options.signal });
  return await openDirectory(directory, kind, name, options, ports);
}

async function openDirectory(directory: string, kind: ModuleKind, name: string, options: ModuleOptions, ports: ModulePorts): Promise<OpenedModule> {
  if (existsSync(join(directory, 'oci-layout')) || existsSync(join(directory, 'index.json'))) {
    const layout = openLayoutStore({ directory, compressor: ports.store.compressor });
    const image = await readLayoutImage(layout, undefined, options.platform);
    if (image !== undefined) return await openPackage(image, kind, name, { home: ports.home, signal: options.signal });
    throw notFound(name, `it holds no package for ${options.platform.os}/${options.platform.architecture}`, 'Package it for this platform too');
  }
  const folder = readModuleFolder(directory, kind, name);
  const dependencies = await openDependencies(directory, kind, options, ports);
  return { main: folder.reference, folders: [folder, ...dependencies.flatMap(({ folders }) => folders)] };
}

/** As in pack, a folder with package.toml brings what that depends on. */
async function openDependencies(directory: string, kind: ModuleKind, options: ModuleOptions, ports: ModulePorts): Promise<readonly OpenedModule[]> {
  const file = join(directory, 'package.toml');
  if (kind === 'extension' || !existsSync(file)) return [];
  const { uri, dependencies } = parsePackageToml(readFileSync(file, 'utf8'), file, kind);
  const baseDirectory = /^[a-z]+:/i.test(uri) ? dirname(file) : resolve(directory, uri);
  const opened: OpenedModule[] = [];
  for (const dependency of dependencies) {
    const location = parseModuleUri(dependency, { baseDirectory, isInBuilder: () => false });
    if (location.kind === 'builder-order' || location.kind === 'reference') {
      throw notFound(dependency, `${file} may not name what a builder has`, 'Name a folder, an archive or an image');
    }
    opened.push(await openModule(location, kind, dependency, options, ports));
  }
  return opened;
}

function notFound(name: string, why: string, nextStep: string): TspackError {
  return new TspackError({ code: 'MODULE_NOT_FOUND', message: `Cannot use "${name}": ${why}`, nextStep });
}
