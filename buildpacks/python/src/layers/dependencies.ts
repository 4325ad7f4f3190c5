import { join } from 'node:path';
import { digestOf, type BuildContext, type Component, type LayerDirectory } from '../../../../src/sdk/index.ts';
import { describeDistributions, readDistributions } from '../dist-info.ts';
import { readReportedHashes } from '../install-report.ts';
import { markerEnvironment } from '../markers.ts';
import { pipVariables } from '../pip-settings.ts';
import { compileModules } from '../compile-modules.ts';
import { sitePackages, type Python } from '../python.ts';
import { runPip, withRequirementsFile, type Tools } from '../run-pip.ts';
import { provideLibraries } from '../shared-libraries.ts';
import type { InstallStep, WantedPackages } from '../wanted-packages.ts';
import { createVirtualEnvironment } from './environment.ts';

/** What goes into the layer. */
export interface Dependencies {
  readonly wanted: WantedPackages;
  /** What the application's own projects ask for, as lines of a requirements file. */
  readonly ofProjects: readonly string[];
  /** The prefix that the projects are installed below; undefined when there are none. */
  readonly projects: string | undefined;
}

/**
 * The layer `dependencies` (launch, cache): a virtual environment with the packages of others. Without packages it is there
 * all the same, because it is where `python` is found; `tools` are undefined then.
 */
export async function installDependencies(
  context: BuildContext,
  python: Python,
  tools: Tools | undefined,
  { wanted, ofProjects, projects }: Dependencies,
): Promise<LayerDirectory> {
  const steps = withProjects(wanted.steps, ofProjects);
  const outcome = await context.layer({
    name: 'dependencies',
    title: 'packages',
    types: { launch: true, cache: true },
    inputs: [
      { name: wanted.source, value: digestOf(wanted.content) },
      ...(projects === undefined ? [] : [{ name: 'what the project asks for', value: digestOf(JSON.stringify([projects, ofProjects])) }]),
      { name: 'settings of pip', value: digestOf(JSON.stringify(pipVariables(context.env))) },
      { name: 'Python version', value: python.version, readable: true },
      { name: 'source of Python', value: python.source },
      { name: 'architecture', value: context.target.architecture, readable: true },
      { name: 'layer format', value: '1' },
    ],
    create: async (layer) => {
      createVirtualEnvironment(layer.path, python, projects === undefined ? [] : [projects]);
      const hashes: Record<string, string> = {};
      if (tools !== undefined) for (const step of steps) Object.assign(hashes, await install(context, tools, layer, step, wanted.source));
      const modules = sitePackages(layer.path, python.version);
      const libraries = await provideLibraries(context, python, layer, modules);
      if (steps.length > 0) await compileModules(context, python, modules);
      layer.setEnv('launch', 'VIRTUAL_ENV', 'default', layer.path);
      await describeLayer(context, layer, python, hashes, libraries);
      return {};
    },
  });
  return outcome.layer;
}

/** The lines of the projects join the first run, so that pip chooses versions that suit all. */
function withProjects(steps: readonly InstallStep[], lines: readonly string[]): readonly InstallStep[] {
  if (lines.length === 0) return steps;
  const [first = { lines: [], options: [] }, ...others] = steps;
  return [{ ...first, lines: [...first.lines, ...lines] }, ...others];
}

async function install(
  context: BuildContext,
  tools: Tools,
  layer: LayerDirectory,
  step: InstallStep,
  source: string,
): Promise<Readonly<Record<string, string>>> {
  return await withRequirementsFile(step.lines, async (file) => {
    const report = `${file}.json`;
    context.log.line(`${['pip install', ...step.options].join(' ')}: the packages of ${source}`);
    await runPip(context, tools, {
      action: `install the packages of ${source}`,
      python: join(layer.path, 'bin/python'),
      args: ['install', '--no-compile', '--no-warn-script-location', '--report', report, ...step.options, '-r', file],
    });
    return readReportedHashes(report);
  });
}

async function describeLayer(
  context: BuildContext,
  layer: LayerDirectory,
  python: Python,
  hashes: Readonly<Record<string, string>>,
  libraries: readonly Component[],
): Promise<void> {
  const distributions = readDistributions(sitePackages(layer.path, python.version));
  if (distributions.length === 0) return;
  const environment = markerEnvironment(python.version, context.target.architecture);
  await layer.writeSbom(
    {
      subject: { name: 'dependencies' },
      tool: { name: context.buildpack.id, version: context.buildpack.version },
      components: [...describeDistributions(distributions, environment, hashes), ...libraries],
    },
    context.sbomFormats,
  );
}
