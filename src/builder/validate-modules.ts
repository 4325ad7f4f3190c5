import { TspackError } from '../foundation/index.ts';
import { LABELS, formatTarget, isTargetSatisfied } from '../cnb/index.ts';
import type { ImageTarget, LifecycleDescriptor } from '../cnb/index.ts';
import type { Image } from '../oci/index.ts';
import { moduleName } from './packaged-module.ts';
import type { PackagedModule } from './packaged-module.ts';

/**
 * Whether the modules can work in a builder: its lifecycle speaks their APIs, its build image is one of their targets (or
 * has the stack and the mixins of old ones), and composite buildpacks find their members. Throws `BUILDER_MODULE_UNFIT`.
 */
export function validateModules(options: {
  readonly modules: readonly PackagedModule[];
  /** Every buildpack of the builder, as `id@version`. */
  readonly present: ReadonlySet<string>;
  readonly lifecycle: LifecycleDescriptor;
  readonly buildImage: Image;
}): void {
  for (const module of options.modules) {
    requireApi(module, options.lifecycle);
    if (module.summary.kind === 'extension') continue;
    const { order = [], stacks = [] } = module.summary.layer;
    if (order.length > 0) requireMembers(module, options.present);
    else if (stacks.length > 0) requireStack(module, options.buildImage);
    else requireTarget(module, options.buildImage);
  }
}

function requireApi(module: PackagedModule, { version, apis }: LifecycleDescriptor): void {
  const { api } = module.summary.layer;
  if ([...apis.buildpack.supported, ...apis.buildpack.deprecated].includes(api)) return;
  throw unfit(
    module,
    `it is of Buildpack API ${api}, and lifecycle ${version} knows ${apis.buildpack.supported.join(', ')}`,
    'Use another version of it, or another lifecycle',
  );
}

function requireMembers(module: PackagedModule, present: ReadonlySet<string>): void {
  for (const { id, version } of (module.summary.layer.order ?? []).flatMap(({ group }) => group)) {
    const name = `${id}@${version}`;
    if (!present.has(name)) throw unfit(module, `buildpack "${name}" of its order is not found on the builder`, `Add it to [[buildpacks]] of builder.toml`);
  }
}

function requireStack(module: PackagedModule, image: Image): void {
  const stack = image.config.config?.Labels?.[LABELS.stackId] ?? '';
  const stacks = module.summary.layer.stacks ?? [];
  const found = stacks.find(({ id }) => id === stack || id === '*');
  if (found === undefined) throw unfit(module, `it supports the stacks ${stacks.map(({ id }) => id).join(', ')}, and the build image has "${stack}"`);
  const has = new Set(mixinsOf(image));
  const missing = found.mixins.filter((mixin) => !mixin.startsWith('run:') && !has.has(mixin) && !has.has(mixin.replace(/^build:/, '')));
  if (missing.length > 0) throw unfit(module, `the build image lacks the mixins ${missing.sort().join(', ')}`);
}

function mixinsOf(image: Image): readonly string[] {
  try {
    const list: unknown = JSON.parse(image.config.config?.Labels?.[LABELS.stackMixins] ?? '[]');
    return Array.isArray(list) ? list.filter((mixin): mixin is string => typeof mixin === 'string') : [];
  } catch {
    // A label that cannot be read grants nothing.
    return [];
  }
}

function requireTarget(module: PackagedModule, image: Image): void {
  const target = targetOf(image);
  const supported = module.summary.layer.targets ?? [];
  if (isTargetSatisfied(target, supported)) return;
  throw unfit(module, `it supports ${supported.map(formatTarget).join(', ')}, and the build image is ${formatTarget(target)}`);
}

function targetOf({ config }: Image): ImageTarget {
  const { os, architecture, variant, config: { Labels: labels = {} } = {} } = config;
  const name = labels[LABELS.distroName];
  return {
    os,
    arch: architecture,
    ...(variant === undefined ? {} : { archVariant: variant }),
    // An image that does not say what it is fits, as with pack: its os-release may say it when it builds.
    distro: { name: name ?? '', version: name === undefined ? '' : (labels[LABELS.distroVersion] ?? '') },
  };
}

function unfit(module: PackagedModule, why: string, nextStep = 'Use another build image, or leave it out of builder.toml'): TspackError {
  return new TspackError({
    code: 'BUILDER_MODULE_UNFIT',
    message: `Cannot put ${module.summary.kind} "${moduleName(module)}" into the builder: ${why}`,
    nextStep,
  });
}
