import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFile, type BuildContext } from '../../../src/sdk/index.ts';
import { installRuntime, runtimePackage, type Runtime } from './layers/runtime.ts';
import type { Project } from './project.ts';
import { chooseNodeVersion, findVersionRequests } from './node-version.ts';
import type { Registry } from './package-managers/npm-settings.ts';
import { fetchOfferedVersions } from './registry-versions.ts';

/** Chooses the version of Node.js, says which rule won, and installs it. */
export async function installNode(context: BuildContext, project: Project | undefined, registry: Registry, forLaunch: boolean): Promise<Runtime> {
  const folders = [...new Set([project?.part ?? '', ''])].map((part) => join(context.applicationDirectory, part));
  const requests = findVersionRequests(context.env['BP_NODE_VERSION'], project === undefined ? [] : [project.manifest, project.root], {
    nvmrc: readFirst(folders, '.nvmrc'),
    nodeVersion: readFirst(folders, '.node-version'),
  });
  const [request, ...others] = requests;
  const offered = await fetchOfferedVersions(context, registry, runtimePackage(context.target.architecture));
  const verified = new Map([...offered].filter(([, { integrity }]) => integrity?.includes('sha512-') === true));
  const chosen = chooseNodeVersion(request, [...verified.keys()], context.today);
  context.log.line(`Node.js ${chosen.version}: ${chosen.reason}`);
  for (const other of others) {
    if (other.text !== request!.text) context.log.line(`"${other.text}" in ${other.source} is not looked at, because ${request!.source} counts first`);
  }
  if (chosen.warning !== undefined) context.log.warning(chosen.warning, `Move ${request?.source ?? 'the application'} to a version that has.`);
  return await installRuntime(context, registry, chosen.version, verified, forLaunch);
}

function readFirst(folders: readonly string[], name: string): string | undefined {
  const file = folders.map((folder) => join(folder, name)).find((path) => isFile(path));
  return file === undefined ? undefined : readFileSync(file, 'utf8');
}
