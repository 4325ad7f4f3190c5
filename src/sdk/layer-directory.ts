import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError } from '../foundation/index.ts';
import { formatLayerToml, parseLayerToml, type LayerTypes, type SpecTable } from '../cnb/index.ts';
import { SBOM_FORMATS, type SbomDocument, type SbomFormat } from '../sbom/index.ts';
import type { PreviousLayer } from './layer-decision.ts';

/** How a layer's variable meets the one that is there already (`buildpack.md#environment-variable-modification-rules`). */
export type EnvAction = 'override' | 'default' | 'append' | 'prepend';

/** Where a layer's variable counts: at build, at launch, in both, or in one launch process. */
export type EnvScope = 'all' | 'build' | 'launch' | { readonly process: string };

/** A folder whose content becomes a layer of the image, of the cache, or of both. */
export interface LayerDirectory {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Sets a variable for later buildpacks, for the application, or for both. `delimiter` goes between old and new value of append and prepend. */
  setEnv(scope: EnvScope, name: string, action: EnvAction, value: string, delimiter?: string): void;
  /** Installs a program that the launcher runs before a process and whose TOML on descriptor 3 becomes environment (`buildpack.md#execd`). */
  addExecD(name: string, source: string | { readonly content: string }): void;
  /** Writes what is in the layer in each of the formats, beside the layer. */
  writeSbom(document: SbomDocument, formats: readonly SbomFormat[]): Promise<void>;
  /** Whether an SBOM of the format is there, such as one restored from the last build. */
  hasSbom(format: SbomFormat): boolean;
}

const LAYER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const RESERVED = new Set(['build', 'launch', 'store']);

/** The layer `name` below `layersDirectory`. Throws `LAYER_NAME_INVALID`. */
export function openLayerDirectory(layersDirectory: string, name: string): LayerDirectory {
  if (!LAYER_NAME.test(name) || RESERVED.has(name)) {
    throw new TspackError({
      code: 'LAYER_NAME_INVALID',
      message: `Cannot make a layer named "${name}": want letters, digits, ".", "_" and "-", and none of ${[...RESERVED].join(', ')}`,
      nextStep: 'Give the layer another name.',
    });
  }
  const path = join(layersDirectory, name);
  const sbomPath = (format: SbomFormat) => `${path}.sbom.${SBOM_FORMATS[format].fileExtension}`;
  return {
    name,
    path,
    setEnv(scope, variable, action, value, delimiter) {
      const directory = join(path, envDirectory(scope));
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, `${variable}.${action}`), value);
      if (delimiter !== undefined) writeFileSync(join(directory, `${variable}.delim`), delimiter);
    },
    addExecD(program, source) {
      const target = join(path, 'exec.d', program);
      mkdirSync(join(path, 'exec.d'), { recursive: true });
      if (typeof source === 'string') copyFileSync(source, target);
      else writeFileSync(target, source.content);
      chmodSync(target, 0o755);
    },
    async writeSbom(document, formats) {
      const { encodeSbom } = await import('../sbom/index.ts');
      for (const format of formats) writeFileSync(sbomPath(format), encodeSbom(format, document));
    },
    hasSbom: (format) => existsSync(sbomPath(format)),
  };
}

function envDirectory(scope: EnvScope): string {
  if (typeof scope === 'object') return join('env.launch', scope.process);
  return scope === 'all' ? 'env' : `env.${scope}`;
}

/** What the lifecycle restored of a layer. Unreadable metadata counts as none: the layer is then made anew. */
export function readPreviousLayer(layer: LayerDirectory): PreviousLayer | undefined {
  const file = `${layer.path}.toml`;
  if (!existsSync(file)) return undefined;
  try {
    return { metadata: parseLayerToml(readFileSync(file, 'utf8'), file).metadata, hasContents: existsSync(layer.path) };
  } catch (error) {
    if (error instanceof TspackError) return undefined;
    throw error;
  }
}

/** Removes everything of a layer, so that nothing of an older one stays. */
export function clearLayer(layer: LayerDirectory): void {
  rmSync(layer.path, { recursive: true, force: true });
  rmSync(`${layer.path}.toml`, { force: true });
  for (const { fileExtension } of Object.values(SBOM_FORMATS)) rmSync(`${layer.path}.sbom.${fileExtension}`, { force: true });
}

/** Declares the layer to the lifecycle. Written last, so that a failure leaves no layer behind; not synced to disk, which would cost more than all else of a build that changes nothing. */
export function writeLayerToml(layer: LayerDirectory, types: LayerTypes, metadata: SpecTable): void {
  writeFileSync(`${layer.path}.toml`, formatLayerToml({ types, metadata }));
}
