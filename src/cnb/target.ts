import type { Fields } from './fields.ts';
import { defined } from './fields.ts';

/** An operating system distribution, as `ID` and `VERSION_ID` of `/etc/os-release` name it. Empty matches any. */
export interface Distribution {
  readonly name: string;
  readonly version: string;
}

/** What a buildpack or extension can run on (`buildpack.md#targets`). An absent member matches anything. */
export interface SupportedTarget {
  readonly os?: string;
  readonly arch?: string;
  readonly variant?: string;
  readonly distros: readonly Distribution[];
}

/** What an image is for (`platform.md#target-data`); written to analyzed.toml as `[run-image.target]`. */
export interface ImageTarget {
  /** Label `io.buildpacks.base.id`. */
  readonly id?: string;
  readonly os: string;
  readonly arch: string;
  readonly archVariant?: string;
  readonly distro?: Distribution;
}

/** Reads `[[targets]]` of a descriptor. */
export function readSupportedTargets(fields: Fields): readonly SupportedTarget[] {
  return fields.tables('targets').map((target) =>
    defined<SupportedTarget>({
      os: nonEmpty(target.string('os')),
      arch: nonEmpty(target.string('arch')),
      // The spec says `variant`, the reference reads `arch-variant`.
      variant: nonEmpty(target.string('variant')) ?? nonEmpty(target.string('arch-variant')),
      distros: target.tables('distros').map(readDistribution),
    }),
  );
}

/** Labels say `"arch":""` where a descriptor says nothing. */
const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

export function readDistribution(fields: Fields): Distribution {
  return { name: fields.string('name') ?? '', version: fields.string('version') ?? '' };
}

const BIONIC: SupportedTarget = { os: 'linux', arch: 'amd64', distros: [{ name: 'ubuntu', version: '18.04' }] };

/**
 * The targets that old `[[stacks]]` stand for (`buildpack.md#buildpacktoml-toml-stacks-array`): `*` is any;
 * bionic is Ubuntu 18.04 on amd64, below Buildpack API 0.10 only as the sole stack, as in the reference.
 */
export function targetsOfStacks(stackIds: readonly string[], isApi010: boolean): readonly SupportedTarget[] {
  return stackIds.flatMap((id): readonly SupportedTarget[] => {
    if (id === '*') return [{ distros: [] }];
    if (id === 'io.buildpacks.stacks.bionic' && (isApi010 || stackIds.length === 1)) return [BIONIC];
    return [];
  });
}

/** Whether an image satisfies one of the targets; without any targets, every image does. */
export function isTargetSatisfied(image: ImageTarget, supported: readonly SupportedTarget[]): boolean {
  return supported.length === 0 || supported.some((target) => matchesTarget(image, target));
}

function matchesTarget(image: ImageTarget, target: SupportedTarget): boolean {
  const { distro } = image;
  return (
    matches(image.os, target.os) &&
    matches(image.arch, target.arch) &&
    matches(image.archVariant, target.variant) &&
    (target.distros.length === 0 ||
      (distro !== undefined && target.distros.some(({ name, version }) => matches(distro.name, name) && matches(distro.version, version))))
  );
}

const matches = (a: string | undefined, b: string | undefined): boolean => a === undefined || b === undefined || a === '' || b === '' || a === b;

/** `linux/amd64 ubuntu 24.04`, for messages. */
export function formatTarget(target: ImageTarget | SupportedTarget): string {
  const variant = 'variant' in target ? target.variant : 'archVariant' in target ? target.archVariant : undefined;
  const machine = [target.os ?? '*', target.arch ?? '*', ...(variant === undefined ? [] : [variant])].join('/');
  const distros = 'distros' in target ? target.distros : 'distro' in target && target.distro !== undefined ? [target.distro] : [];
  return [machine, distros.map(({ name, version }) => `${name} ${version}`.trim()).join(' or ')].filter((part) => part !== '').join(' ');
}

/**
 * The `CNB_TARGET_*` variables of detect, generate and build (`buildpack.md#targets-1`, Buildpack API 0.10):
 * OS and architecture always, the others when known.
 */
export function targetEnv(target: ImageTarget): Readonly<Record<string, string>> {
  const optional: readonly (readonly [string, string | undefined])[] = [
    ['CNB_TARGET_ARCH_VARIANT', target.archVariant],
    ['CNB_TARGET_DISTRO_NAME', target.distro?.name],
    ['CNB_TARGET_DISTRO_VERSION', target.distro?.version],
  ];
  return {
    CNB_TARGET_OS: target.os,
    CNB_TARGET_ARCH: target.arch,
    ...Object.fromEntries(optional.filter((pair): pair is readonly [string, string] => pair[1] !== undefined && pair[1] !== '')),
  };
}

/** Distribution of an `/etc/os-release` (`ID`, `VERSION_ID`); undefined when it names none. */
export function parseOsRelease(text: string): Distribution | undefined {
  const value = (key: string): string => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${key}=`));
    return line === undefined
      ? ''
      : line
          .slice(key.length + 1)
          .trim()
          .replace(/^(["'])(.*)\1$/, '$2');
  };
  const distribution = { name: value('ID'), version: value('VERSION_ID') };
  return distribution.name === '' && distribution.version === '' ? undefined : distribution;
}

/** The target, with the distribution of the build environment's `/etc/os-release` when the image names none (C054). */
export function withDistribution(target: ImageTarget, osRelease: string | undefined): ImageTarget {
  if (target.distro !== undefined || osRelease === undefined) return target;
  const distro = parseOsRelease(osRelease);
  return distro === undefined ? target : { ...target, distro };
}
