import { TspackError } from '../foundation/index.ts';
import type { Distribution, SupportedTarget } from './target.ts';

const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  '386': ['softfloat', 'sse2'],
  amd64: ['v1', 'v2', 'v3', 'v4'],
  arm: ['v5', 'v6', 'v7'],
  // pack refuses variants of arm64, which images do have.
  arm64: ['v8', 'v9'],
  loong64: [],
  mips: ['hardfloat', 'softfloat'],
  mips64: ['hardfloat', 'softfloat'],
  mips64le: ['hardfloat', 'softfloat'],
  mipsle: ['hardfloat', 'softfloat'],
  ppc64: ['power8', 'power9'],
  ppc64le: ['power8', 'power9'],
  riscv64: [],
  s390x: [],
};
const OPERATING_SYSTEMS = ['linux', 'windows', 'freebsd'];

/**
 * Reads a target as pack's `--target` takes it: `os[/arch[/variant]][:name@version[;name@version…]]`, such as
 * `linux/amd64` or `linux/arm/v6:ubuntu@14.04`. Throws `TARGET_INVALID`.
 */
export function parseTargetText(text: string): SupportedTarget {
  const [machine = '', distributions, ...rest] = text.split(':');
  if (rest.length > 0) throw invalid(text, 'it has more than one ":"');
  const [os = '', arch, variant, ...more] = machine.split('/');
  if (!OPERATING_SYSTEMS.includes(os)) throw invalid(text, `"${os}" is not an operating system, want one of ${OPERATING_SYSTEMS.join(', ')}`);
  if (arch !== undefined && !Object.hasOwn(ARCHITECTURES, arch)) {
    throw invalid(text, `"${arch}" is not an architecture, want one of ${Object.keys(ARCHITECTURES).join(', ')}`);
  }
  if (variant !== undefined && !ARCHITECTURES[arch ?? '']?.includes(variant)) throw invalid(text, `"${variant}" is not a variant of ${arch ?? 'nothing'}`);
  if (more.length > 0) throw invalid(text, 'it has more than three parts');
  return {
    os,
    ...(arch === undefined ? {} : { arch }),
    ...(variant === undefined ? {} : { variant }),
    distros: distributions === undefined ? [] : distributions.split(';').map((each) => parseDistribution(each, text)),
  };
}

function parseDistribution(text: string, target: string): Distribution {
  const [name = '', version = '', ...rest] = text.split('@');
  if (name === '') throw invalid(target, `"${text}" names no distribution`);
  if (rest.length > 0) throw invalid(target, `"${text}" is not name@version`);
  return { name, version };
}

/** The parts of a target that it says: `linux`, `arm`, `v6`, `ubuntu@14.04`; folders and tags are named after them. */
export function targetParts({ os, arch, variant, distros }: SupportedTarget): readonly string[] {
  const parts = [os, arch, variant, ...distros.map(({ name, version }) => `${name}@${version}`)];
  return parts.filter((part): part is string => part !== undefined && part !== '');
}

function invalid(text: string, why: string): TspackError {
  return new TspackError({
    code: 'TARGET_INVALID',
    message: `Cannot read target "${text}": ${why}`,
    nextStep: 'Write os/arch[/variant][:distribution@version], such as linux/amd64 or linux/arm64:debian@13',
  });
}
