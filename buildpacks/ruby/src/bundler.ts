import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext, LayerDirectory } from '../../../src/sdk/index.ts';
import { describeGems } from './gem-sbom.ts';
import { commandFailed } from './errors.ts';
import type { GemFiles } from './gemfile.ts';

/** Ruby for the build, and the variables that it needs. */
export interface RubyTools {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Installs what the Gemfile asks for and no package of Debian provides, into the layer `gems`. */
export async function installGems(
  context: BuildContext,
  gems: GemFiles,
  tools: RubyTools,
  inputs: { readonly ruby: string; readonly packages: string },
): Promise<void> {
  if (!gems.hasLock)
    context.log.warning(`There is no lockfile beside ${gems.name}, so each build may install other versions`, 'Run `bundle lock` and commit it.');
  const outcome = await context.layer({
    name: 'gems',
    types: { launch: true, cache: true },
    inputs: [
      { name: 'Gemfile and lockfile', value: gems.digest },
      { name: 'Ruby version', value: inputs.ruby, readable: true },
      { name: 'packages of the Aptfile', value: inputs.packages },
    ],
    onChange: 'keep',
    create: async (layer) => {
      if (await isProvided(context, tools)) {
        context.log.line('Packages of Debian provide every gem: nothing is downloaded');
        // Gems of an older Gemfile may be there.
        rmSync(layer.path, { recursive: true, force: true });
        mkdirSync(layer.path);
        return { installed: false };
      }
      await install(context, gems, tools);
      clean(layer);
      const { id, version } = context.buildpack;
      await layer.writeSbom({ subject: { name: 'gems' }, tool: { name: id, version }, components: describeGems(layer.path) }, context.sbomFormats);
      return { installed: true };
    },
  });
  if (!outcome.data.installed) outcome.setTypes({ cache: true });
}

async function isProvided(context: BuildContext, tools: RubyTools): Promise<boolean> {
  return (await runBundler(context, tools, ['check', '--dry-run'], () => undefined)).exitCode === 0;
}

async function install(context: BuildContext, gems: GemFiles, tools: RubyTools): Promise<void> {
  const args = ['install', '--jobs=4', '--retry=2'];
  context.log.line(`bundle ${args.join(' ')}`);
  const frozen: Readonly<Record<string, string>> = gems.hasLock ? { BUNDLE_FROZEN: 'true' } : {};
  const result = await runBundler(context, { ...tools, env: { ...tools.env, ...frozen } }, args, (text) => context.log.output(text));
  if (result.exitCode !== 0) throw commandFailed(`bundle ${args.join(' ')}`, result);
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
