import { createReadStream, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, hasSystemCode, temporaryBeside } from '../foundation/index.ts';
import { decompress, extractTar } from '../archive/index.ts';
import { parseLifecycleDescriptor } from '../cnb/index.ts';
import type { LifecycleDescriptor } from '../cnb/index.ts';
import type { Image } from '../oci/index.ts';

/** A lifecycle release: its archive (`.tgz`), the folder of it with `lifecycle.toml` and `lifecycle/`, or its image. */
export type LifecycleSource = string | Image;

/** An opened lifecycle. */
export interface LifecycleContent extends Disposable {
  readonly descriptor: LifecycleDescriptor;
  /** The folder with `creator`, `launcher` and the others. */
  readonly binaries: string;
}

/** Without these it is none, as pack sees it. */
const PROGRAMS = ['detector', 'restorer', 'analyzer', 'builder', 'exporter', 'launcher', 'creator'];

/** Opens a lifecycle; what is unpacked for it goes with the result. Throws `LIFECYCLE_INVALID`. */
export async function openLifecycle(source: LifecycleSource, workDirectory: string): Promise<LifecycleContent> {
  mkdirSync(workDirectory, { recursive: true });
  const temporary = temporaryBeside(join(workDirectory, 'lifecycle'));
  const close = () => rmSync(temporary, { recursive: true, force: true });
  try {
    const directory = await unpackLifecycle(source, temporary);
    const file = join(directory, 'lifecycle.toml');
    const binaries = join(directory, 'lifecycle');
    const descriptor = withVersions(parseLifecycleDescriptor(readFileSync(file, 'utf8'), file));
    const names = readdirSync(binaries);
    const missing = PROGRAMS.filter((program) => !names.includes(program));
    if (missing.length > 0) throw invalid(source, `it has no ${missing.join(', ')}`);
    if (descriptor.version === '') throw invalid(source, 'its lifecycle.toml has no version');
    return { descriptor, binaries, [Symbol.dispose]: close };
  } catch (error) {
    close();
    if (!hasSystemCode(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw invalid(source, 'want an archive or a folder with lifecycle.toml and lifecycle/', error);
  }
}

async function unpackLifecycle(source: LifecycleSource, temporary: string): Promise<string> {
  if (typeof source !== 'string') {
    const layer = source.layers.at(-1);
    if (layer === undefined) throw invalid(source, 'its image has no layers');
    // Its last layer holds it, below /cnb.
    await extractTar(layer.openTar(), temporary, { dropLeadingSlash: true, stripComponents: 1, symlinks: 'any' });
    return temporary;
  }
  if (statSync(source).isDirectory()) return source;
  await extractTar(decompress(createReadStream(source)), temporary);
  return temporary;
}

/** Old ones name one version of each API, which is then all that they support. */
function withVersions(descriptor: LifecycleDescriptor): LifecycleDescriptor {
  const { api, apis } = descriptor;
  if (apis.buildpack.supported.length + apis.platform.supported.length > 0 || api.buildpack === undefined || api.platform === undefined) return descriptor;
  const only = (version: string) => ({ supported: [version], deprecated: [] });
  return { ...descriptor, apis: { buildpack: only(api.buildpack), platform: only(api.platform) } };
}

function invalid(source: LifecycleSource, why: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'LIFECYCLE_INVALID',
    message: `Cannot use ${typeof source === 'string' ? `"${source}"` : 'the image'} as a lifecycle: ${why}`,
    nextStep: 'Give the .tgz of a release of the buildpacks lifecycle, or leave [lifecycle] out',
    cause,
  });
}
