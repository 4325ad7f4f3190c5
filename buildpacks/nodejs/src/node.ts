import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseRuntime, isFile, type BuildContext } from '../../../src/sdk/index.ts';
import { installRuntime, type Runtime } from './layers/runtime.ts';
import type { Project } from './project.ts';
import { chooseNodeVersion, findVersionRequests, nearestNodeVersions, type ChosenVersion } from './node-version.ts';
import type { Registry } from './package-managers/npm-settings.ts';
import { nodejsOrg } from './sources/nodejs-org.ts';
import { npmSource } from './sources/npm.ts';

/** Chooses the version of Node.js, says which rule won, and installs it. */
export async function installNode(context: BuildContext, project: Project | undefined, registry: Registry, forLaunch: boolean): Promise<Runtime> {
  const folders = [...new Set([project?.part ?? '', ''])].map((part) => join(context.applicationDirectory, part));
  const requests = findVersionRequests(context.env['BP_NODE_VERSION'], project === undefined ? [] : [project.manifest, project.root], {
    nvmrc: readFirst(folders, '.nvmrc'),
    nodeVersion: readFirst(folders, '.node-version'),
  });
  const [request, ...others] = requests;
  let chosen: ChosenVersion | undefined;
  const runtime = await chooseRuntime(context, {
    runtime: 'nodejs',
    title: 'Node.js',
    sources: [npmSource(context, registry), nodejsOrg(context)],
    wanted: (versions) => (chosen = chooseNodeVersion(request, versions, context.today))?.version,
    nearest: (versions) => nearestNodeVersions(request, versions),
    wantedText: request === undefined ? 'an application that asks for none' : `"${request.text}" in ${request.source}`,
    nextStep: request === undefined ? 'Set BP_NODE_VERSION.' : `Change ${request.source} to a range that one of them satisfies.`,
  });
  context.choose({ name: 'Node.js', version: runtime.version, reason: chosen!.reason });
  for (const other of others) {
    if (other.text !== request!.text) context.log.line(`"${other.text}" in ${other.source} is not looked at, because ${request!.source} counts first`);
  }
  if (chosen!.warning !== undefined) context.log.warning(chosen!.warning, `Move ${request?.source ?? 'the application'} to a version that has.`);
  return await installRuntime(context, runtime, forLaunch);
}

function readFirst(folders: readonly string[], name: string): string | undefined {
  const file = folders.map((folder) => join(folder, name)).find((path) => isFile(path));
  return file === undefined ? undefined : readFileSync(file, 'utf8');
}
