import { decodeToml, defined } from './fields.ts';
import type { Fields } from './fields.ts';
import { readBuildConfigEnv } from './build-config-env.ts';
import { refuseOtherKeys } from './known-keys.ts';
import { readLooseOrder, readOrderReference } from './order.ts';
import type { LooseOrder, OrderReference } from './order.ts';
import { readRunImageEntry } from './run-toml.ts';
import type { RunImageEntry } from './run-toml.ts';
import { readSupportedTargets } from './target.ts';
import type { SupportedTarget } from './target.ts';

/** An entry of `[[buildpacks]]` or `[[extensions]]`. `id` and `version`, where given, must be those of what `uri` leads to. */
export interface BuilderTomlModule {
  readonly id?: string;
  readonly version?: string;
  /** As written: anything that `--buildpack` takes. */
  readonly uri: string;
}

/** Which lifecycle: a release of the reference, or a place. Neither: tspack's own. */
export interface BuilderTomlLifecycle {
  readonly version?: string;
  readonly uri?: string;
}

/** builder.toml, the recipe of `builder create`, as pack reads it. */
export interface BuilderToml {
  readonly description: string;
  readonly buildpacks: readonly BuilderTomlModule[];
  readonly extensions: readonly BuilderTomlModule[];
  readonly order: LooseOrder;
  readonly orderExtensions: LooseOrder;
  readonly system: { readonly pre: readonly OrderReference[]; readonly post: readonly OrderReference[] };
  readonly buildImage: string;
  /** At least one; the first is the default. */
  readonly runImages: readonly RunImageEntry[];
  /** The deprecated `[stack] id`, which build and run images must then have. */
  readonly stackId?: string;
  readonly lifecycle: BuilderTomlLifecycle;
  readonly targets: readonly SupportedTarget[];
  /** Files of /cnb/build-config/env. */
  readonly buildConfigEnv: Readonly<Record<string, string>>;
  /** For people. */
  readonly warnings: readonly string[];
}

const MODULE_KEYS = ['id', 'version', 'uri', 'image', 'name', 'description', 'homepage', 'keywords', 'licenses', 'exec-env', 'clear-env'];
const TOP_KEYS = ['description', 'buildpacks', 'extensions', 'order', 'order-extensions', 'stack', 'lifecycle', 'run', 'build', 'targets', 'system'];

/** Decodes builder.toml. Throws `TOML_INVALID` and `SPEC_FILE_INVALID`, which names every problem at once, unknown keys too. */
export function parseBuilderToml(text: string, file: string): BuilderToml {
  return decodeToml(text, file, (fields) => {
    refuseOtherKeys(fields, TOP_KEYS);
    const stack = fields.table('stack');
    const build = fields.table('build');
    if (stack !== undefined) refuseOtherKeys(stack, ['id', 'build-image', 'run-image', 'run-image-mirrors']);
    if (build !== undefined) refuseOtherKeys(build, ['image', 'env']);
    const warnings: string[] = [];
    const env = readBuildConfigEnv(build?.tables('env') ?? []);
    const order = readLooseOrder(fields, 'order');
    if (order.length === 0) warnings.push('It has no order: the builder detects nothing by itself');
    return defined<BuilderToml>({
      description: fields.string('description') ?? '',
      buildpacks: readModules(fields, 'buildpacks', warnings),
      extensions: readModules(fields, 'extensions', warnings),
      order,
      orderExtensions: readLooseOrder(fields, 'order-extensions').map(({ group }) => ({
        group: group.map((reference) => ({ ...reference, optional: false })), // extensions are always optional, so it is not said
      })),
      system: readSystem(fields),
      buildImage: readBuildImage(fields, build, stack),
      runImages: readRunImages(fields, stack),
      stackId: stack?.string('id'),
      lifecycle: readLifecycle(fields),
      targets: readSupportedTargets(fields),
      buildConfigEnv: env.files,
      warnings: [...warnings, ...env.warnings],
    });
  });
}

function readModules(fields: Fields, key: 'buildpacks' | 'extensions', warnings: string[]): readonly BuilderTomlModule[] {
  return fields.tables(key).map((module) => {
    refuseOtherKeys(module, MODULE_KEYS);
    const uri = module.string('uri') ?? '';
    const image = module.string('image') ?? '';
    if (uri === '' && image === '') module.problem('uri', 'is missing: want the folder, archive or image of it');
    if (uri !== '' && image !== '') module.problem('image', 'cannot be given together with uri');
    if (image !== '') warnings.push(`The key "image" of [[${key}]] is deprecated: write uri = "docker://${image}"`);
    return defined<BuilderTomlModule>({ id: module.string('id'), version: module.string('version'), uri: uri === '' ? `docker://${image}` : uri });
  });
}

function readSystem(fields: Fields): BuilderToml['system'] {
  const system = fields.table('system');
  if (system !== undefined) refuseOtherKeys(system, ['pre', 'post']);
  const read = (key: string) => system?.table(key)?.tables('buildpacks').map(readOrderReference) ?? [];
  return { pre: read('pre'), post: read('post') };
}

function readBuildImage(fields: Fields, build: Fields | undefined, stack: Fields | undefined): string {
  const image = build?.string('image') ?? '';
  const old = stack?.string('build-image') ?? '';
  if (image === '' && old === '') {
    if (build === undefined) fields.problem('build', 'is missing: want [build] with the image that the builder is made on');
    else build.problem('image', 'is missing: want the build image that the builder is made on');
  }
  if (image !== '' && old !== '' && image !== old) build?.problem('image', `"${image}" and stack.build-image "${old}" do not match`);
  return image === '' ? old : image;
}

function readRunImages(fields: Fields, stack: Fields | undefined): readonly RunImageEntry[] {
  const run = fields.table('run');
  if (run !== undefined) refuseOtherKeys(run, ['images']);
  const images = (run?.tables('images') ?? []).map((entry) => {
    refuseOtherKeys(entry, ['image', 'mirrors']);
    if ((entry.string('image') ?? '') === '') entry.problem('image', 'is missing');
    return readRunImageEntry(entry);
  });
  const old = stack?.string('run-image') ?? '';
  if (images.length > 0) {
    if (old !== '' && images[0]!.image !== old) run?.problem('images', `"${images[0]!.image}" and stack.run-image "${old}" do not match`);
    return images;
  }
  if (old === '') fields.problem('run', 'is missing: want [[run.images]] with the image that applications run on');
  return [{ image: old, mirrors: stack?.strings('run-image-mirrors') ?? [] }];
}

function readLifecycle(fields: Fields): BuilderTomlLifecycle {
  const lifecycle = fields.table('lifecycle');
  if (lifecycle === undefined) return {};
  refuseOtherKeys(lifecycle, ['version', 'uri']);
  const version = lifecycle.string('version');
  const uri = lifecycle.string('uri');
  if (version !== undefined && uri !== undefined) lifecycle.problem('version', 'cannot be given together with uri');
  if (version !== undefined && !/^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/.test(version))
    lifecycle.problem('version', `"${version}" is not a version like 0.21.0`);
  return defined<BuilderTomlLifecycle>({ version, uri });
}
