import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, rewordErrors } from '../../foundation/index.ts';
import { parseImageReference } from '../../oci/index.ts';

/** A buildpack as an index of the buildpack registry lists it (`buildpack-registry`; CNB.md C198). */
export interface RegistryEntry {
  readonly version: string;
  readonly yanked: boolean;
  /** Image name with a digest. */
  readonly address: string;
}

/**
 * Looks up a buildpack in a checkout of a registry index: the version named, else the highest that was not withdrawn.
 * Throws `BUILDPACK_REGISTRY_UNSET` without an index, `BUILDPACK_REGISTRY_INVALID`, `BUILDPACK_NOT_REGISTERED`.
 */
export function findRegistered(
  directory: string | undefined,
  { namespace, name, version }: { readonly namespace: string; readonly name: string; readonly version?: string },
): RegistryEntry {
  const id = `${namespace}/${name}`;
  if (directory === undefined || directory === '') {
    throw new TspackError({
      code: 'BUILDPACK_REGISTRY_UNSET',
      message: `Cannot look up buildpack "${id}": the builder does not have it, there is no such path, and no registry index is configured`,
      nextStep: `Set TSPACK_BUILDPACK_REGISTRY to a checkout of a registry index, or write docker://${id} for an image`,
    });
  }
  const file = join(directory, ...indexFolders(name), `${namespace}_${name}`);
  if (!existsSync(file)) throw notRegistered(id, `${directory} has no such buildpack`);
  const entries = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => readEntry(line, file));
  const found =
    version === undefined
      ? entries
          .filter(({ yanked }) => !yanked)
          .sort((a, b) => compareVersions(a.version, b.version))
          .at(-1)
      : entries.find((entry) => entry.version === version);
  if (found !== undefined) return found;
  const versions = entries.map((entry) => `${entry.version}${entry.yanked ? ' (withdrawn)' : ''}`).join(', ');
  throw notRegistered(version === undefined ? id : `${id}@${version}`, `there is ${versions === '' ? 'no version of it' : versions}`);
}

function indexFolders(name: string): readonly string[] {
  if (name.length <= 2) return [String(name.length)];
  return name.length === 3 ? ['3', name.slice(0, 2)] : [name.slice(0, 2), name.slice(2, 4)];
}

function readEntry(line: string, file: string): RegistryEntry {
  let value: { version?: unknown; yanked?: unknown; addr?: unknown } | null;
  try {
    value = JSON.parse(line) as typeof value;
  } catch (error) {
    throw indexInvalid(file, (error as Error).message, error);
  }
  const { version, yanked, addr } = value ?? {};
  if (typeof version !== 'string' || typeof addr !== 'string') throw indexInvalid(file, 'want version and addr in every line');
  // The bytes of a registered version never change.
  const { digest } = rewordErrors(
    () => parseImageReference(addr),
    (error) => indexInvalid(file, error.message, error),
  );
  if (digest === undefined) throw indexInvalid(file, `"${addr}" has no digest`);
  return { version, yanked: yanked === true, address: addr };
}

/** By the rules of semver.org; what is no version comes first. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  for (const [index, part] of left.numbers.entries()) {
    const difference = part - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.pre === '' || right.pre === '') return Number(left.pre === '') - Number(right.pre === '');
  return comparePre(left.pre.split('.'), right.pre.split('.'));
}

function parse(text: string): { readonly numbers: readonly number[]; readonly pre: string } {
  const [, major, minor, patch, pre = ''] = /^v?(\d+)\.(\d+)\.(\d+)(?:-([^+]*))?(?:\+.*)?$/.exec(text) ?? [];
  return major === undefined ? { numbers: [-1, 0, 0], pre: text } : { numbers: [major, minor, patch].map(Number), pre };
}

function comparePre(left: readonly string[], right: readonly string[]): number {
  for (const [index, a] of left.entries()) {
    const b = right[index];
    if (b === undefined) return 1;
    if (a === b) continue;
    const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
    if (isNumberA && isNumberB) return Number(a) - Number(b);
    return isNumberA === isNumberB ? (a < b ? -1 : 1) : Number(isNumberB) - Number(isNumberA);
  }
  return left.length - right.length;
}

function notRegistered(id: string, why: string): TspackError {
  return new TspackError({
    code: 'BUILDPACK_NOT_REGISTERED',
    message: `Cannot find "${id}" in the buildpack registry: ${why}`,
    nextStep: 'Check the name, or update the checkout of the index',
  });
}

function indexInvalid(file: string, why: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'BUILDPACK_REGISTRY_INVALID',
    message: `Cannot read the registry index ${file}: ${why}`,
    nextStep: 'Check out the index again',
    cause,
  });
}
