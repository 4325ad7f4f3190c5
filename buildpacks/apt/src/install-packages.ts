import { join } from 'node:path';
import {
  installResolvedPackages,
  lockedDebianPackages,
  resolveDebianPackages,
  setDebianPaths,
  type BuildContext,
  type LayerDirectory,
  type LayerInput,
  type ResolvedDebianPackages,
} from '../../../src/sdk/index.ts';
import { setBuildPaths } from './build-paths.ts';
import { SUITE } from './suite.ts';
import type { WantedPackage } from './wanted-packages.ts';

/**
 * The layer `apt` holds what the application runs with. When there are packages for compiling too (`-dev`), `apt-build` has all of
 * them, for the buildpacks that follow and not for the image.
 */
export async function installPackages(context: BuildContext, wanted: readonly WantedPackage[], inputs: readonly LayerInput[]): Promise<void> {
  const resolved = once(() => resolve(context, wanted));
  const directory = join(context.layersDirectory, 'apt');
  const runtime = await context.layer({
    name: 'apt',
    title: 'packages',
    types: { launch: true, build: true, cache: true },
    inputs,
    async create(layer) {
      const { packages, sources } = await resolved();
      const kept = packages.filter(({ name }) => !isForCompiling(name));
      await install(context, layer, { packages: kept, sources }, directory);
      return { packages: kept.length, compiling: packages.length - kept.length };
    },
  });
  const { packages, compiling } = runtime.data;
  runtime.setTypes({ launch: packages > 0, build: compiling === 0 && packages > 0, cache: true });
  if (compiling === 0) {
    context.dropLayer('apt-build');
    return;
  }
  await context.layer({
    name: 'apt-build',
    title: 'packages for compiling',
    types: { build: true, cache: true },
    inputs,
    async create(layer) {
      await install(context, layer, await resolved(), directory);
      return {};
    },
  });
}

/** Headers, static libraries and what else a program needs to be compiled, by Debian's naming. */
function isForCompiling(name: string): boolean {
  return /-dev$/.test(name);
}

async function resolve(context: BuildContext, wanted: readonly WantedPackage[]): Promise<ResolvedDebianPackages> {
  const present = new Set(lockedDebianPackages(context, { suite: SUITE, set: 'run-image' }).map(({ name }) => name));
  for (const { name, place } of wanted.filter((each) => present.has(each.name))) context.log.line(`${name} (${place}) is in the run image already`);
  const missing = wanted.filter(({ name }) => !present.has(name));
  if (missing.length === 0) return { packages: [], sources: [] };
  const places = new Map(missing.map(({ term, place }) => [term, place]));
  const resolved = await resolveDebianPackages(context, {
    suite: SUITE,
    wanted: missing.map(({ term }) => term),
    exclude: [...present],
    requiredBy: (term) => places.get(term)!,
  });
  report(context, missing, resolved);
  return resolved;
}

function report(context: BuildContext, wanted: readonly WantedPackage[], { packages }: ResolvedDebianPackages): void {
  const asked = new Set(wanted.map(({ name }) => name));
  for (const { name, version } of packages.filter((each) => asked.has(each.name))) context.log.line(`${name} ${version}`);
  const others = packages.filter(({ name }) => !asked.has(name));
  const megabytes = packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1_000_000;
  if (others.length > 0) context.log.line(`with what they need: ${others.map(({ name }) => name).join(', ')}`);
  context.log.line(`${packages.length} packages, ${megabytes.toFixed(1)} MB to download`);
}

async function install(context: BuildContext, layer: LayerDirectory, resolved: ResolvedDebianPackages, directory: string): Promise<void> {
  if (resolved.packages.length === 0) return;
  const { components } = await installResolvedPackages(context, resolved, { directory: layer.path });
  const { id, version } = context.buildpack;
  await layer.writeSbom({ subject: { name: 'packages of Debian' }, tool: { name: id, version }, components }, context.sbomFormats);
  setDebianPaths(layer, 'all', context.target.architecture);
  setBuildPaths(layer, context.target.architecture);
  // Where packages lie when the application runs, for buildpacks that must know it.
  layer.setEnv('build', 'TSPACK_APT_DIRECTORY', 'override', directory);
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
