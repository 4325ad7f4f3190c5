import { LABELS, formatTarget, isApiAtLeast, tryParseApiVersion } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import { imageTarget } from '../analyze/image-target.ts';
import type { ImageTarget } from '../../cnb/index.ts';
import type { Image } from '../../oci/index.ts';
import type { RebaseInputs } from './rebase-inputs.ts';

/** Whether the app was exported by a platform that knows targets, not only stacks. */
function knowsTargets(app: Image): boolean {
  const prefix = 'CNB_PLATFORM_API=';
  const variable = app.config.config?.Env?.find((entry) => entry.startsWith(prefix));
  const version = variable === undefined ? undefined : tryParseApiVersion(variable.slice(prefix.length));
  return version !== undefined && isApiAtLeast(version, '0.12');
}

/** The label `io.buildpacks.rebasable` (C172). Returns warnings. Throws `REBASE_NOT_REBASABLE`. */
export function checkRebasable({ app, name, force }: RebaseInputs): readonly string[] {
  if (!knowsTargets(app) || labelOf(app, LABELS.rebasable) !== 'false') return [];
  if (force) return [`"${name}" is marked as not rebasable`];
  throw new TspackError({
    code: 'REBASE_NOT_REBASABLE',
    message: `Cannot rebase "${name}": it is marked as not rebasable (label ${LABELS.rebasable})`,
    nextStep: 'Build the image again on the new base, or use --force when you know that it works',
  });
}

/**
 * What the app was built for must be what the run image is for: the target, or stack and mixins below Platform API 0.12
 * (C172, C173), which cannot be forced. Returns warnings. Throws `REBASE_TARGET_MISMATCH`, `REBASE_STACK_MISMATCH`.
 */
export function checkCompatibility({ app, name, runImage, force }: RebaseInputs): readonly string[] {
  if (!knowsTargets(app)) {
    checkStack(app, name, runImage.image);
    return [];
  }
  const [old, fresh] = [imageTarget(app), imageTarget(runImage.image)];
  if (isTargetKept(old, fresh)) return [];
  const why = `it was built for ${formatTarget(old)}, the run image is for ${formatTarget(fresh)}`;
  if (force) return [`"${name}" may not work on its new base: ${why}`];
  throw new TspackError({
    code: 'REBASE_TARGET_MISMATCH',
    message: `Cannot rebase "${name}": ${why}`,
    nextStep: 'Name a run image for the same target, build the image again, or use --force when you know that it works',
  });
}

/** As in the reference: what the run image does not say matches anything. */
function isTargetKept(old: ImageTarget, fresh: ImageTarget): boolean {
  const matches = (a = '', b = '') => a === '' || b === '' || a === b;
  if (old.os !== fresh.os || old.arch !== fresh.arch || !matches(old.archVariant, fresh.archVariant)) return false;
  if (fresh.distro === undefined) return true;
  const { name, version } = fresh.distro;
  return old.distro !== undefined && (name === '' || name === old.distro.name) && (version === '' || version === old.distro.version);
}

function checkStack(app: Image, name: string, runImage: Image): void {
  const fail = (why: string) =>
    new TspackError({
      code: 'REBASE_STACK_MISMATCH',
      message: `Cannot rebase "${name}": ${why}`,
      nextStep: 'Name a run image of the same stack, or build the image again',
    });
  const [old, fresh] = [labelOf(app, LABELS.stackId), labelOf(runImage, LABELS.stackId)];
  if (old === '') throw fail(`it says neither its target nor its stack (label ${LABELS.stackId})`);
  if (fresh !== old) throw fail(`it was built for stack "${old}", the run image is ${fresh === '' ? 'of none' : `of "${fresh}"`}`);
  const has = mixinsOf(runImage, fail);
  const missing = [...mixinsOf(app, fail)].filter((mixin) => !has.has(mixin)).sort();
  if (missing.length > 0) throw fail(`the run image lacks ${missing.join(', ')}`);
}

/** Mixins without the stage that they are for. */
function mixinsOf(image: Image, fail: (why: string) => TspackError): ReadonlySet<string> {
  const label = labelOf(image, LABELS.stackMixins);
  if (label === '') return new Set();
  let mixins: unknown;
  try {
    mixins = JSON.parse(label);
  } catch {
    mixins = undefined;
  }
  if (mixins === null) return new Set();
  if (!Array.isArray(mixins) || !mixins.every((mixin) => typeof mixin === 'string'))
    throw fail(`label ${LABELS.stackMixins} of image ${image.imageId} is no list of names`);
  return new Set(mixins.map((mixin) => mixin.replace(/^(?:build|run):/, '')));
}

/**
 * Whether both images say that they are the same base: its id and distribution, or the stack where neither says more.
 * What an application was linked with is then still there.
 */
export function isSameBase(app: Image, runImage: Image): boolean {
  const [old, fresh] = [app, runImage].map((image) => [LABELS.baseId, LABELS.distroName, LABELS.distroVersion].map((label) => labelOf(image, label)));
  if ([...old!, ...fresh!].every((value) => value === ''))
    return labelOf(app, LABELS.stackId) !== '' && labelOf(app, LABELS.stackId) === labelOf(runImage, LABELS.stackId);
  return old!.every((value, index) => value === fresh![index]);
}

function labelOf(image: Image, label: string): string {
  return image.config.config?.Labels?.[label] ?? '';
}
