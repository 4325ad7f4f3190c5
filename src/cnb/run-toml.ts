import { formatToml } from '../foundation/index.ts';
import { formatGoToml } from './go-toml.ts';
import type { GoTomlStruct } from './go-toml.ts';
import { decodeToml, defined } from './fields.ts';
import type { Fields } from './fields.ts';
import { nonEmpty } from './launch-toml.ts';

/** A run image and where copies of it are (`platform.md#runtoml-toml`). */
export interface RunImageEntry {
  readonly image: string;
  readonly mirrors: readonly string[];
}

/** run.toml, Platform API 0.12. The first image is the default. */
export interface RunToml {
  readonly images: readonly RunImageEntry[];
}

/** Decodes run.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseRunToml(text: string, file: string): RunToml {
  return decodeToml(text, file, (fields) => ({ images: fields.tables('images').map(readRunImageEntry) }));
}

export function formatRunToml(run: RunToml): string {
  return formatGoToml({ images: run.images.map(runImageEntryToml) });
}

/** stack.toml, below Platform API 0.12. */
export interface StackToml {
  readonly runImage: RunImageEntry;
}

/** Decodes stack.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseStackToml(text: string, file: string): StackToml {
  return decodeToml(text, file, (fields) => {
    const runImage = fields.table('run-image');
    return { runImage: runImage === undefined ? { image: '', mirrors: [] } : readRunImageEntry(runImage) };
  });
}

export function formatStackToml(stack: StackToml): string {
  return formatGoToml({ 'run-image': runImageEntryToml(stack.runImage) });
}

export function readRunImageEntry(fields: Fields): RunImageEntry {
  return { image: fields.string('image') ?? '', mirrors: fields.strings('mirrors') ?? [] };
}

export function runImageEntryToml(entry: RunImageEntry): GoTomlStruct {
  return { image: entry.image === '' ? undefined : entry.image, mirrors: nonEmpty(entry.mirrors) };
}

/** lifecycle.toml at the root of a lifecycle archive or image. */
export interface LifecycleDescriptor {
  readonly version: string;
  readonly apis: { readonly [kind in 'buildpack' | 'platform']: { readonly supported: readonly string[]; readonly deprecated: readonly string[] } };
  /** The lowest supported versions, for old readers. */
  readonly api: { readonly buildpack?: string; readonly platform?: string };
}

/** Decodes lifecycle.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseLifecycleDescriptor(text: string, file: string): LifecycleDescriptor {
  return decodeToml(text, file, (fields) => {
    const apis = fields.table('apis');
    const read = (kind: string) => {
      const table = apis?.table(kind);
      return { supported: table?.strings('supported') ?? [], deprecated: table?.strings('deprecated') ?? [] };
    };
    const api = fields.table('api');
    return {
      version: fields.table('lifecycle')?.string('version') ?? '',
      apis: { buildpack: read('buildpack'), platform: read('platform') },
      api: defined<LifecycleDescriptor['api']>({ buildpack: api?.string('buildpack'), platform: api?.string('platform') }),
    };
  });
}

export function formatLifecycleDescriptor(descriptor: LifecycleDescriptor): string {
  return formatToml({ api: descriptor.api, apis: descriptor.apis, lifecycle: { version: descriptor.version } });
}
