import { existsSync, mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { digestFiles, digestOf, listFiles, type BuildContext, type LayerDirectory, type LayerInput } from '../../../../src/sdk/index.ts';
import type { EmbeddedFiles } from '../embed-patterns.ts';
import { goFailed, programsOfOneName } from '../errors.ts';
import { runGo, type GoCommand } from '../go-command.ts';
import type { ModuleFile } from '../module-files.ts';
import { describeModules, parseBuildInfo } from '../module-sbom.ts';
import { findPrograms, packagesWithoutTheirC, programName, type Programs } from '../packages.ts';
import type { Settings } from '../settings.ts';

/** What is to be built, and with what. */
export interface ProgramBuild {
  readonly context: BuildContext;
  readonly go: GoCommand;
  readonly goVersion: string;
  readonly file: ModuleFile;
  readonly settings: Settings;
}

/** The programs in the layer's `bin`, the first of which is the one to start. */
export interface BuiltPrograms {
  readonly names: readonly string[];
  readonly embedded: readonly EmbeddedFiles[];
}

/** Builds the programs into the layer `programs` (launch), unless source, toolchain and settings are those of the last build. */
export async function buildPrograms(build: ProgramBuild): Promise<BuiltPrograms> {
  const { context } = build;
  const outcome = await context.layer({
    name: 'programs',
    title: 'the programs',
    types: { launch: true },
    inputs: programInputs(build),
    create: async (layer) => {
      const programs = await findPrograms(context, build.go, build.file, build.settings.targets);
      const names = requireDistinctNames(programs);
      warnAboutC(context, programs);
      await compile(build, programs, layer);
      await describe(build, programs, names, layer);
      return { names, embedded: embeddedFiles(context.applicationDirectory, programs) };
    },
  });
  return outcome.data;
}

function programInputs({ context, goVersion, settings }: ProgramBuild): readonly LayerInput[] {
  const { applicationDirectory, env, target } = context;
  const variables = Object.entries(env)
    .filter(([name]) => /^(?:CGO_|GO(?!PROXY|SUMDB|PRIVATE|NOPROXY|NOSUMDB|INSECURE|AUTH))|^(?:CC|CXX|PKG_CONFIG\w*)$/.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    { name: 'the source', value: digestFiles(applicationDirectory, listFiles(applicationDirectory)) },
    { name: 'Go version', value: goVersion, readable: true },
    { name: 'BP_GO_* settings', value: digestOf(JSON.stringify([settings.targets, settings.buildFlags, settings.ldflags])) },
    { name: "Go's variables", value: digestOf(JSON.stringify(variables)) },
    { name: 'architecture', value: target.architecture, readable: true },
    { name: 'layer format', value: '1' },
  ];
}

function requireDistinctNames({ mains }: Programs): readonly string[] {
  const byName = new Map<string, string>();
  for (const { importPath } of mains) {
    const name = programName(importPath);
    const other = byName.get(name);
    if (other !== undefined) throw programsOfOneName(name, [other, importPath]);
    byName.set(name, importPath);
  }
  return [...byName.keys()];
}

function warnAboutC(context: BuildContext, { packages }: Programs): void {
  if ((context.env['CGO_ENABLED'] ?? '0') !== '0') return;
  const [first, ...others] = packagesWithoutTheirC(packages);
  if (first === undefined) return;
  context.log.warning(
    `${first}${others.length === 0 ? ' has' : ` and ${others.length} more packages have`} C code, which is left out because cgo is off`,
    'Build with CGO_ENABLED=1 if the program needs it.',
  );
}

/** Static, without paths of this machine, without what only a debugger reads; `BP_GO_*` flags come last, so that they win. */
async function compile({ context, go, settings }: ProgramBuild, { mains }: Programs, layer: LayerDirectory): Promise<void> {
  const directory = join(layer.path, 'bin');
  mkdirSync(directory, { recursive: true });
  const flags = ['-trimpath', '-buildvcs=false', `-ldflags=${['-s -w', settings.ldflags].filter((text) => text !== '').join(' ')}`, ...settings.buildFlags];
  const paths = mains.map(({ importPath }) => importPath);
  context.log.line(`go build ${flags.map((flag) => (flag.includes(' ') ? JSON.stringify(flag) : flag)).join(' ')} ${paths.join(' ')}`);
  const args = ['build', ...flags, '-o', `${directory}/`, ...paths];
  const result = await runGo(context, go, args);
  if (result.exitCode !== 0) throw goFailed('build the application', args, result);
}

async function describe({ context, go, goVersion }: ProgramBuild, { packages }: Programs, names: readonly string[], layer: LayerDirectory): Promise<void> {
  if (context.sbomFormats.length === 0) return;
  const files = names.map((name) => join(layer.path, 'bin', name));
  const args = ['version', '-m', ...files];
  const result = await runGo(context, go, args, { quiet: true });
  if (result.exitCode !== 0) throw goFailed('read the build information of the programs', args, result);
  const modules = parseBuildInfo(result.stdout);
  const { applicationDirectory } = context;
  const folders = { moduleCache: go.moduleCache, vendor: join(applicationDirectory, 'vendor'), application: applicationDirectory };
  const components = describeModules(modules, goVersion, packages, folders).map((component) => ({ ...component, locations: files }));
  const subject = { name: modules.find(({ main }) => main)?.path ?? names[0]! };
  await layer.writeSbom({ subject, tool: { name: context.buildpack.id, version: context.buildpack.version }, components }, context.sbomFormats);
}

/** What the programs hold of the application's own files. */
function embeddedFiles(applicationDirectory: string, { packages }: Programs): { folder: string; patterns: string[] }[] {
  return packages
    .filter(({ embedPatterns, directory }) => embedPatterns.length > 0 && existsSync(directory) && !relative(applicationDirectory, directory).startsWith('..'))
    .map(({ directory, embedPatterns }) => ({ folder: relative(applicationDirectory, directory), patterns: [...embedPatterns] }));
}
