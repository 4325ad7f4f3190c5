import { TspackError } from '../foundation/index.ts';

declare const buildpackIdBrand: unique symbol;
declare const layerNameBrand: unique symbol;

/** The id of a buildpack or image extension (`buildpack.md#buildpacktoml-toml`): letters, digits, `.`, `/`, `-`. */
export type BuildpackId = string & { readonly [buildpackIdBrand]: true };
/** The name of a layer of one buildpack: a file name, not `build`, `launch` or `store`. */
export type LayerName = string & { readonly [layerNameBrand]: true };

// The reference also takes `_`, `+` and spaces; real buildpacks use `_`, so it is accepted when reading.
const ID = /^[A-Za-z0-9._/-]+$/;
const RESERVED_IDS = new Set(['app', 'config', 'generated', 'sbom']);
const RESERVED_LAYER_NAMES = new Set(['build', 'launch', 'store']);

/** Why this is not a buildpack id; undefined when it is one. */
export function buildpackIdProblem(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (!ID.test(text)) return 'has characters other than letters, digits, ".", "/", "_" and "-"';
  if (RESERVED_IDS.has(text)) return 'is a reserved word';
  // An id becomes a folder name: `..` must not climb out of <layers> or /cnb/buildpacks.
  if (text.split('/').some((part) => part === '' || part === '.' || part === '..')) return 'has an empty part, "." or ".." between slashes';
  return undefined;
}

/** Reads a buildpack id. Throws `BUILDPACK_ID_INVALID`. */
export function parseBuildpackId(text: string): BuildpackId {
  const problem = buildpackIdProblem(text);
  if (problem === undefined) return text as BuildpackId;
  throw new TspackError({ code: 'BUILDPACK_ID_INVALID', message: `Cannot use "${text}" as a buildpack id: it ${problem}` });
}

/** The folder name of a buildpack: `/` becomes `_` (`platform.md#directory-layout`). */
export function escapeBuildpackId(id: string): string {
  return id.replaceAll('/', '_');
}

/** Why this is not a layer name; undefined when it is one. */
export function layerNameProblem(text: string): string | undefined {
  if (text === '' || text === '.' || text === '..' || text.includes('/') || text.includes('\0')) return 'is not a file name';
  if (RESERVED_LAYER_NAMES.has(text)) return 'is a reserved word';
  return undefined;
}

/** Reads a layer name (`buildpack.md#layers`). Throws `LAYER_NAME_INVALID`. */
export function parseLayerName(text: string): LayerName {
  const problem = layerNameProblem(text);
  if (problem === undefined) return text as LayerName;
  throw new TspackError({ code: 'LAYER_NAME_INVALID', message: `Cannot use "${text}" as a layer name: it ${problem}` });
}

/** A buildpack or extension by id and version. */
export interface BuildpackReference {
  readonly id: BuildpackId;
  readonly version: string;
}

/** `id@version`. */
export function formatBuildpackReference(reference: { readonly id: string; readonly version: string }): string {
  return `${reference.id}@${reference.version}`;
}
