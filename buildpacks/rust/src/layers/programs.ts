import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  digestFiles,
  digestOf,
  isInRunImage,
  listFiles,
  readElfNeeds,
  type BuildContext,
  type LayerDirectory,
  type LayerInput,
} from '../../../../src/sdk/index.ts';
import { openCargo, type CargoCommand } from '../cargo-command.ts';
import { cargoFailed, noProgram, unknownBinary } from '../errors.ts';
import { readChecksums, type Manifest } from '../manifest.ts';
import { describeCrates, listBinaries, type Binary, type Metadata } from '../metadata.ts';
import type { Settings } from '../settings.ts';
import { settleTimes } from '../source-times.ts';
import type { Toolchain } from './toolchain.ts';

/** What is to be built, and with what. */
export interface ProgramBuild {
  readonly context: BuildContext;
  readonly toolchain: Toolchain;
  readonly manifest: Manifest;
  readonly settings: Settings;
}

/** The programs in the layer's `bin`. */
export interface BuiltPrograms {
  readonly names: readonly string[];
  /** The one that its package says is to be run. */
  readonly main: string;
}

/** Builds the programs into the layer `programs` (launch), unless source, toolchain and settings are those of the last build. */
export async function buildPrograms(build: ProgramBuild): Promise<BuiltPrograms> {
  const { context, toolchain, manifest } = build;
  const cache = async (name: string, title: string) =>
    (await context.layer({ name, title, types: { cache: true }, inputs: [], create: () => ({}) })).layer.path;
  const home = await cache('cargo', "cargo's registry");
  const target = await cache('target', "cargo's output");
  const { data } = await context.layer({
    name: 'programs',
    title: 'the programs',
    types: { launch: true },
    inputs: programInputs(build),
    create: async (layer) => {
      settleTimes(context.applicationDirectory, join(target, 'source-times.json'), context.clock.now());
      using cargo = openCargo(context, toolchain, manifest, home, target);
      return await compile(build, cargo, target, layer);
    },
  });
  return data;
}

function programInputs({ context, toolchain, settings }: ProgramBuild): readonly LayerInput[] {
  const { applicationDirectory, env, target } = context;
  const variables = Object.entries(env)
    .filter(([name]) => /^(?:CARGO_(?!HTTP_|NET_|REGISTRIES_)|RUST|CC$|CXX$|CFLAGS|PKG_CONFIG|OPENSSL_)/.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    { name: 'the source', value: digestFiles(applicationDirectory, listFiles(applicationDirectory)) },
    { name: 'Rust version', value: toolchain.version, readable: true },
    { name: 'BP_RUST_* settings', value: digestOf(JSON.stringify([settings.binaries, settings.buildFlags])) },
    { name: "Rust's variables", value: digestOf(JSON.stringify(variables)) },
    { name: 'architecture', value: target.architecture, readable: true },
    { name: 'layer format', value: '1' },
  ];
}

async function compile(
  { context, settings }: ProgramBuild,
  cargo: CargoCommand,
  target: string,
  layer: LayerDirectory,
): Promise<{ names: string[]; main: string }> {
  const locked = existsSync(join(context.applicationDirectory, 'Cargo.lock')) ? ['--locked'] : [];
  if (locked.length === 0)
    context.log.warning('There is no Cargo.lock: cargo chooses the versions anew, so that another build may hold others', 'Commit Cargo.lock.');
  const metadata = await readMetadata(context, cargo, locked);
  const binaries = chooseBinaries(metadata, settings.binaries);
  const args = ['build', '--release', ...locked, ...binaries.flatMap(({ name }) => ['--bin', name]), ...settings.buildFlags];
  context.log.line(`cargo ${args.join(' ')}`);
  const result = await cargo.run(args);
  if (result.exitCode !== 0) throw cargoFailed('build the application', 'build', result);
  const directory = join(layer.path, 'bin');
  mkdirSync(directory, { recursive: true });
  for (const { name } of binaries) copyFileSync(findProgram(target, name), join(directory, name));
  warnAboutLibraries(context, directory);
  await describe(context, layer, metadata, binaries);
  const names = binaries.map(({ name }) => name);
  return { names, main: (settings.binaries.length > 0 ? undefined : binaries.find(({ isDefault }) => isDefault)?.name) ?? names[0]! };
}

async function readMetadata(context: BuildContext, cargo: CargoCommand, locked: readonly string[]): Promise<Metadata> {
  const triple = context.target.architecture === 'arm64' ? 'aarch64-unknown-linux-gnu' : 'x86_64-unknown-linux-gnu';
  const result = await cargo.run(['metadata', '--format-version', '1', '--filter-platform', triple, ...locked], true);
  if (result.exitCode !== 0) throw cargoFailed('read the crates', 'metadata', result);
  return JSON.parse(result.stdout) as Metadata;
}

function chooseBinaries(metadata: Metadata, wanted: readonly string[]): readonly Binary[] {
  const { all, byDefault } = listBinaries(metadata);
  if (wanted.length === 0) {
    if (byDefault.length === 0) throw noProgram(metadata.packages.filter(({ id }) => metadata.workspace_members.includes(id)).map(({ name }) => name));
    return byDefault;
  }
  return wanted.map((name) => {
    const found = all.find((binary) => binary.name === name);
    if (found === undefined)
      throw unknownBinary(
        name,
        all.map((binary) => binary.name),
      );
    return found;
  });
}

/** Cargo puts programs into a folder of the target's name when flags or settings name one. */
function findProgram(target: string, name: string): string {
  const folders = ['release', ...readdirSync(target).map((folder) => join(folder, 'release'))];
  return folders.map((folder) => join(target, folder, name)).find((file) => existsSync(file)) ?? join(target, 'release', name);
}

function warnAboutLibraries(context: BuildContext, directory: string): void {
  for (const name of readdirSync(directory).sort()) {
    for (const library of (readElfNeeds(join(directory, name))?.needed ?? []).filter((one) => !isInRunImage(one)))
      context.log.warning(
        `${name} is linked to ${library}, which the run image does not have`,
        'Name the Debian package with it in an Aptfile, or link it statically by a feature of the crate.',
      );
  }
}

async function describe(context: BuildContext, layer: LayerDirectory, metadata: Metadata, binaries: readonly Binary[]): Promise<void> {
  if (context.sbomFormats.length === 0) return;
  const roots = [...new Set(binaries.map(({ packageId }) => packageId))];
  const locations = binaries.map(({ name }) => join(layer.path, 'bin', name));
  const components = describeCrates(metadata, roots, readChecksums(context.applicationDirectory) ?? new Map<string, string>());
  await layer.writeSbom(
    {
      subject: { name: binaries[0]!.name },
      tool: { name: context.buildpack.id, version: context.buildpack.version },
      components: components.map((component) => ({ ...component, locations })),
    },
    context.sbomFormats,
  );
}
