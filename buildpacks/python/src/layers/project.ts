import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestFiles, listFiles, openZip, pathBytes, type BuildContext, type FileState } from '../../../../src/sdk/index.ts';
import { describeDistributions, parseMetadata, readDistributions, type Distribution } from '../dist-info.ts';
import { projectOutside, wheelWithoutMetadata } from '../errors.ts';
import { evaluateMarker, markerEnvironment } from '../markers.ts';
import { compileModules } from '../compile-modules.ts';
import { sitePackages, type Python } from '../python.ts';
import { formatRequirement } from '../requirement.ts';
import { runPip, type Tools } from '../run-pip.ts';
import { normalizeName } from '../specifiers.ts';
import type { LocalProject } from '../wanted-packages.ts';

/** Projects of the application, built. */
export interface BuiltProjects {
  /** Lines for pip: what they ask for, themselves left out. */
  readonly requirements: readonly string[];
  /** Puts them into a layer, once there is an environment for which they are installed. */
  install(environment: string): Promise<void>;
  /** The prefix that they are installed below. */
  readonly prefix: string;
}

/**
 * Builds the application's own projects into wheels (layer `project-wheels`, cache), by whatever tool each names, and installs them
 * into `project` (launch, cache). The source is left as it was. Throws the errors of pip.
 */
export async function buildProjects(context: BuildContext, tools: Tools, projects: readonly LocalProject[]): Promise<BuiltProjects> {
  const { python } = tools;
  const outside = projects.find(({ directory }) => directory === '..' || directory.startsWith('../') || directory.startsWith('/'));
  if (outside !== undefined) throw projectOutside(outside.directory, outside.source);
  const files = listFiles(context.applicationDirectory);
  const inputs = [
    { name: 'the source', value: digestFiles(context.applicationDirectory, files) },
    { name: 'which folders', value: projects.map(({ directory, editable }) => `${directory}${editable ? ' (editable)' : ''}`).join(', '), readable: true },
    { name: 'Python version', value: python.version, readable: true },
    { name: 'source of Python', value: python.source },
    { name: 'architecture', value: context.target.architecture, readable: true },
    { name: 'layer format', value: '1' },
  ];
  const wheels = await context.layer({
    name: 'project-wheels',
    title: 'wheels of the application',
    types: { cache: true },
    inputs,
    create: async (layer) => {
      for (const [index, { directory, source }] of projects.entries()) {
        context.log.line(`pip wheel --no-deps ${pathOf(directory)}`);
        const args = ['wheel', '--no-deps', '--wheel-dir', join(layer.path, String(index)), pathOf(directory)];
        await runPip(context, tools, { action: `build the application's own package, which ${source} wants`, python: python.executable, args });
      }
      removeNewFiles(context.applicationDirectory, files);
      return {};
    },
  });
  const built = projects.map((project, index) => readWheel(project, join(wheels.layer.path, String(index))));
  const prefix = join(context.layersDirectory, 'project');
  return {
    prefix,
    requirements: requirementsOf(built, python, context.target.architecture),
    async install(environment) {
      await context.layer({
        name: 'project',
        title: 'the application as a package',
        types: { launch: true, cache: true },
        inputs,
        create: async (layer) => {
          const targets = built.flatMap(({ project, wheel }) => (project.editable ? ['--editable', pathOf(project.directory)] : [wheel]));
          // An editable installation runs the project's own tool, which comes from the index.
          const index = projects.some(({ editable }) => editable) ? [] : ['--no-index'];
          const options = ['--no-deps', '--no-compile', '--ignore-installed', '--no-warn-script-location', '--prefix', layer.path];
          const request = { action: "install the application's own package", python: join(environment, 'bin/python') };
          await runPip(context, tools, { ...request, args: ['install', ...index, ...options, ...targets] });
          const modules = sitePackages(layer.path, python.version);
          mkdirSync(modules, { recursive: true });
          await compileModules(context, python, modules);
          await layer.writeSbom(
            {
              subject: { name: 'application' },
              tool: { name: context.buildpack.id, version: context.buildpack.version },
              components: describeDistributions(readDistributions(modules), markerEnvironment(python.version, context.target.architecture), {}),
            },
            context.sbomFormats,
          );
          return {};
        },
      });
    },
  };
}

/** Removes what is no longer wanted of an application that had projects once. */
export function dropProjects(context: BuildContext): void {
  for (const name of ['project', 'project-wheels']) context.dropLayer(name);
}

/** pip takes a word without a slash for the name of a package. */
function pathOf(directory: string): string {
  return directory === '.' ? '.' : `./${directory}`;
}

/** Tools leave `build` and `*.egg-info` folders beside the source, which would become part of the application. */
function removeNewFiles(root: string, before: ReadonlyMap<string, FileState>): void {
  for (const path of listFiles(root).keys()) if (!before.has(path)) rmSync(pathBytes(root, path), { recursive: true, force: true });
}

/** A project and the wheel that was made of it. */
interface BuiltProject {
  readonly project: LocalProject;
  readonly wheel: string;
  readonly distribution: Distribution;
}

function readWheel(project: LocalProject, directory: string): BuiltProject {
  const wheel = join(
    directory,
    readdirSync(directory).find((name) => name.endsWith('.whl'))!,
  );
  using archive = openZip(wheel);
  const entry = archive.entries.find(({ path }) => /^[^/]+\.dist-info\/METADATA$/.test(path));
  if (entry === undefined) throw wheelWithoutMetadata(wheel);
  return { project, wheel, distribution: parseMetadata(archive.read(entry).toString('utf8'), wheel) };
}

/** What the projects ask for, one another left out. */
function requirementsOf(built: readonly BuiltProject[], python: Python, architecture: string): readonly string[] {
  const environment = markerEnvironment(python.version, architecture);
  const own = new Map(built.map(({ distribution, project }) => [normalizeName(distribution.name), new Set(project.extras)]));
  const wanted = ({ distribution: { name, requires } }: BuiltProject) =>
    requires.filter(({ marker }) => marker === undefined || evaluateMarker(marker, environment, [...own.get(normalizeName(name))!]));
  // An extra may stand for other extras, of the same project or of another.
  const count = () => [...own.values()].reduce((sum, extras) => sum + extras.size, 0);
  for (let known = -1; known !== count();) {
    known = count();
    for (const { name, extras } of built.flatMap(wanted)) for (const extra of extras) own.get(normalizeName(name))?.add(extra);
  }
  const lines = built.flatMap(wanted).filter(({ name }) => !own.has(normalizeName(name)));
  return [...new Set(lines.map(formatRequirement))].sort();
}
