import { decodeToml } from './fields.ts';
import type { Fields } from './fields.ts';
import { refuseOtherKeys } from './known-keys.ts';
import type { ModuleKind } from './module-summary.ts';
import { readSupportedTargets } from './target.ts';
import type { SupportedTarget } from './target.ts';

/** package.toml, the recipe of `buildpack package` and `extension package`, as pack reads it. URIs are relative to the file. */
export interface PackageToml {
  readonly uri: string;
  /** What the packaged composite buildpack refers to. */
  readonly dependencies: readonly string[];
  /** `[platform] os`: what targets that name none are for. */
  readonly os: string;
  /** Of a composite buildpack, which declares none itself. */
  readonly targets: readonly SupportedTarget[];
}

/** Decodes package.toml. Throws `TOML_INVALID` and `SPEC_FILE_INVALID`, which names every problem at once, unknown keys too. */
export function parsePackageToml(text: string, file: string, kind: ModuleKind): PackageToml {
  return decodeToml(text, file, (fields) => {
    refuseOtherKeys(fields, ['buildpack', 'extension', 'dependencies', 'platform', 'targets']);
    const other = kind === 'buildpack' ? 'extension' : 'buildpack';
    if (fields.has(other)) fields.problem(other, `is not for the package of ${kind === 'buildpack' ? 'a buildpack' : 'an extension'}`);
    const module = fields.table(kind);
    if (module !== undefined) refuseOtherKeys(module, ['uri']);
    const uri = module?.string('uri') ?? '';
    if (module === undefined && !fields.has(other)) fields.problem(kind, 'is missing');
    if (module !== undefined && uri === '') module.problem('uri', 'is missing');
    const platform = fields.table('platform');
    if (platform !== undefined) refuseOtherKeys(platform, ['os']);
    const os = platform?.string('os') ?? 'linux';
    if (!['linux', 'windows'].includes(os)) platform?.problem('os', `"${os}" is not known, want linux or windows`);
    const dependencies = fields.tables('dependencies').map(readDependency);
    if (kind === 'extension' && dependencies.length > 0) fields.problem('dependencies', 'an extension has none');
    return { uri, dependencies, os, targets: readSupportedTargets(fields) };
  });
}

function readDependency(fields: Fields): string {
  refuseOtherKeys(fields, ['uri', 'image']);
  const uri = fields.string('uri') ?? '';
  const image = fields.string('image') ?? '';
  if (uri === '' && image === '') fields.problem('uri', 'is missing');
  if (uri !== '' && image !== '') fields.problem('image', 'cannot be given together with uri');
  return uri === '' ? `docker://${image}` : uri;
}
