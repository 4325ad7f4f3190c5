import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { escapeBuildpackId, formatBuildpackReference, parseBuildpackDescriptor, parseExtensionDescriptor } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import { readMountedText } from '../../lifecycle/index.ts';
import type { BuildpackDescriptor, BuildpackReference, ExtensionDescriptor } from '../../cnb/index.ts';
import type { HostPath, SandboxPath } from '../../executor/index.ts';
import type { MountedModule } from '../ports.ts';

export type ModuleKind = 'buildpack' | 'extension';

/** A folder of the host that is one buildpack or extension. */
export interface ModuleFolder {
  readonly kind: ModuleKind;
  readonly reference: BuildpackReference;
  readonly directory: string;
}

/** Where the specification puts buildpacks and extensions (`platform.md#directory-layout`). */
export const MODULE_PLACES: { readonly [Kind in ModuleKind]: string } = { buildpack: '/cnb/buildpacks', extension: '/cnb/extensions' };

/** The folder as it is mounted: `<place>/<escaped id>/<version>`. */
export function mountedModule({ reference, directory }: ModuleFolder, place: string): MountedModule {
  const sandboxPath = `${place}/${escapeBuildpackId(reference.id)}/${reference.version}` as SandboxPath;
  return { reference, hostPath: directory as HostPath, sandboxPath };
}

/** Whether a folder holds a buildpack or an extension; undefined when neither. */
export function kindOfFolder(directory: string): ModuleKind | undefined {
  if (existsSync(join(directory, 'buildpack.toml'))) return 'buildpack';
  return existsSync(join(directory, 'extension.toml')) ? 'extension' : undefined;
}

/**
 * Reads and checks a folder that must be a buildpack or extension. `name` is what the user called it. Throws
 * `MODULE_INVALID` with what is wrong and how to mend it, `SPEC_FILE_INVALID`, `BUILDPACK_API_UNSUPPORTED`.
 */
export function readModuleFolder(directory: string, kind: ModuleKind, name: string): ModuleFolder {
  const file = `${kind}.toml`;
  const text = readMountedText({ hostPath: directory as HostPath, sandboxPath: directory as SandboxPath }, file);
  if (text === undefined) {
    const other = kindOfFolder(directory);
    const why = other === undefined || other === kind ? `it has no ${file}` : `it is ${other === 'extension' ? 'an image extension' : 'a buildpack'}`;
    throw invalid(kind, name, why, other === undefined ? `Name a folder with ${file}` : `Name it with --${other}`);
  }
  const descriptor = kind === 'buildpack' ? parseBuildpackDescriptor(text, join(directory, file)) : parseExtensionDescriptor(text, join(directory, file));
  checkExecutables(directory, descriptor, name);
  return { kind, reference: { id: descriptor.id, version: descriptor.version }, directory };
}

/** A composite has no executables, an extension need not have any. */
function checkExecutables(directory: string, descriptor: BuildpackDescriptor | ExtensionDescriptor, name: string): void {
  if (descriptor.kind === 'buildpack' && descriptor.order.length > 0) return;
  const title = formatBuildpackReference(descriptor);
  for (const executable of descriptor.kind === 'buildpack' ? ['detect', 'build'] : ['detect', 'generate']) {
    const path = join(directory, 'bin', executable);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isFile() !== true) {
      // A missing bin/detect is an error of detection (C051), of an extension not even that.
      if (executable !== 'build') continue;
      throw invalid(descriptor.kind, name, `${title} has no bin/build`, 'Add an executable bin/build');
    }
    if ((stats.mode & 0o111) === 0) {
      throw invalid(descriptor.kind, name, `bin/${executable} of ${title} is not executable`, `Run chmod +x ${path}`);
    }
    if (hasWindowsInterpreter(path)) {
      throw invalid(
        descriptor.kind,
        name,
        `bin/${executable} of ${title} has Windows line ends, so that its interpreter cannot be found`,
        `Save ${path} with line ends of Unix`,
      );
    }
  }
}

/** Whether the first line is `#!...` and ends with a carriage return, which becomes part of the interpreter's name. */
function hasWindowsInterpreter(path: string): boolean {
  const start = Buffer.alloc(256);
  const file = openSync(path, 'r');
  try {
    const line =
      start
        .subarray(0, readSync(file, start, 0, start.length, 0))
        .toString('latin1')
        .split('\n', 1)[0] ?? '';
    return line.startsWith('#!') && line.endsWith('\r');
  } finally {
    closeSync(file);
  }
}

function invalid(kind: ModuleKind, name: string, why: string, nextStep: string): TspackError {
  return new TspackError({
    code: 'MODULE_INVALID',
    message: `Cannot use "${name}" as ${kind === 'buildpack' ? 'a buildpack' : 'an extension'}: ${why}`,
    nextStep,
  });
}
