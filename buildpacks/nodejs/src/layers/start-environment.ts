import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type BuildContext } from '../../../../src/sdk/index.ts';
import { PNP_FILES } from '../package-tree.ts';
import type { ProcessVariable } from '../start/process-variable.ts';

/** What processes find in their environment, in the layer `start` (launch): programs of packages, Plug'n'Play, and what the web process wants. */
export async function installStartEnvironment(context: BuildContext, folders: readonly string[], variables: readonly ProcessVariable[]): Promise<void> {
  const root = context.applicationDirectory;
  const programs = folders.map((folder) => join(root, folder, 'node_modules/.bin')).filter((path) => existsSync(path));
  const [map, loader] = PNP_FILES.map((name) => join(root, name));
  const options = [
    ...(existsSync(map!) ? [`--require=${map!}`] : []),
    ...(existsSync(loader!) ? [`--import=data:text/javascript,${loaderProgram(loader!)}`] : []),
  ];
  if (programs.length === 0 && options.length === 0 && variables.length === 0) {
    context.dropLayer('start');
    return;
  }
  await context.layer({
    name: 'start',
    title: 'the environment of processes',
    types: { launch: true },
    inputs: [{ name: 'its variables', value: digestOf(JSON.stringify([programs, options, variables])) }],
    create(layer) {
      if (programs.length > 0) layer.setEnv('launch', 'PATH', 'append', programs.join(':'), ':');
      if (options.length > 0) layer.setEnv('launch', 'NODE_OPTIONS', 'prepend', options.join(' '), ' ');
      for (const [name, value, action] of variables) layer.setEnv({ process: 'web' }, name, action, value);
      return {};
    },
  });
}

/** Registers Yarn's loader for ES modules, as Node.js wants it. */
function loaderProgram(loader: string): string {
  return encodeURIComponent(`import{register}from'node:module';register(${JSON.stringify(`file://${loader}`)})`);
}
