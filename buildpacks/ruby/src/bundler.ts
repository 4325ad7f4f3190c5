import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext, LayerDirectory } from '../../../src/sdk/index.ts';
import { describeGems } from './gem-sbom.ts';
import { commandFailed } from './errors.ts';
import { lockName, type GemFiles } from './gemfile.ts';

/** Ruby for the build, and the variables that it needs. */
export interface RubyTools {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/** In the layer: the lockfile that Bundler made of a Gemfile without one, which the application is started by. */
const MADE_LOCK = 'made.lock';

/** Installs what the Gemfile asks for and no package of Debian provides, into the layer `gems`. Afterwards the application has a lockfile. */
export async function installGems(
  context: BuildContext,
  gems: GemFiles,
  tools: RubyTools,
  inputs: { readonly ruby: string; readonly packages: string },
): Promise<void> {
  if (!gems.hasLock)
    context.log.warning(`There is no lockfile beside ${gems.name}, so each build may install other versions`, 'Run `bundle lock` and commit it.');
  const lockfile = join(context.applicationDirectory, lockName(gems.name));
  const outcome = await context.layer({
    name: 'gems',
    types: { launch: true, cache: true },
    inputs: [
      { name: 'Gemfile and lockfile', value: gems.digest },
      { name: 'Ruby version', value: inputs.ruby, readable: true },
      { name: 'packages of the Aptfile', value: inputs.packages },
      { name: 'layer format', value: '2' },
    ],
    onChange: 'keep',
    create: async (layer) => {
      const provided = await isProvided(context, gems, tools);
      if (provided) {
        context.log.line('Packages of Debian provide every gem: nothing is downloaded');
        // Gems of an older Gemfile may be there.
        for (const name of readdirSync(layer.path)) rmSync(join(layer.path, name), { recursive: true });
      } else {
        await install(context, gems, tools);
        clean(layer);
        const { id, version } = context.buildpack;
        await layer.writeSbom({ subject: { name: 'gems' }, tool: { name: id, version }, components: describeGems(layer.path) }, context.sbomFormats);
      }
      if (!gems.hasLock) copyFileSync(lockfile, join(layer.path, MADE_LOCK));
      return { installed: !provided };
    },
  });
  if (!gems.hasLock) copyFileSync(join(outcome.layer.path, MADE_LOCK), lockfile);
  if (!outcome.data.installed) outcome.setTypes({ cache: true });
}

async function isProvided(context: BuildContext, gems: GemFiles, tools: RubyTools): Promise<boolean> {
  return (await runBundler(context, frozen(gems, tools), ['install', '--local'], () => undefined)).exitCode === 0;
}

async function install(context: BuildContext, gems: GemFiles, tools: RubyTools): Promise<void> {
  const args = ['install', '--jobs=4', '--retry=2'];
  context.log.line(`bundle ${args.join(' ')}`);
  const result = await runBundler(context, frozen(gems, tools), args, (text) => context.log.output(text));
  if (result.exitCode !== 0) throw commandFailed(`bundle ${args.join(' ')}`, result);
}

/** A lockfile of the application is not changed. */
function frozen({ hasLock }: GemFiles, tools: RubyTools): RubyTools {
  return hasLock ? { ...tools, env: { ...tools.env, BUNDLE_FROZEN: 'true' } } : tools;
}

/** Runs `bundle`. */
export async function runBundler(context: BuildContext, { directory, env }: RubyTools, args: readonly string[], output: (text: string) => void) {
  const command = [join(directory, 'usr/bin/ruby3.3'), join(directory, 'usr/bin/bundle3.3'), ...args];
  return await context.run({ command, cwd: context.applicationDirectory, env, output });
}

/** Archives of gems, records of compilations, and what they left: nothing of it runs, and much of it differs from build to build. */
function clean(layer: LayerDirectory): void {
  for (const folder of ['cache', 'doc', 'build_info', 'plugins']) rmSync(join(layer.path, folder), { recursive: true, force: true });
  const extensions = join(layer.path, 'extensions');
  if (existsSync(extensions)) removeLogs(extensions);
}

function removeLogs(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && ['gem_make.out', 'mkmf.log'].includes(entry.name)) rmSync(join(entry.parentPath, entry.name));
  }
}
