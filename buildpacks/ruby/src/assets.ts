import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext } from '../../../src/sdk/index.ts';
import { runBundler, type RubyTools } from './bundler.ts';
import { commandFailed } from './errors.ts';
import type { GemFiles } from './gemfile.ts';

/** Gems with the task `assets:precompile`. */
const PIPELINES = ['sprockets-rails', 'propshaft'];

/** Compiles the assets of a Rails application that has a pipeline for them. Throws what {@link commandFailed} makes of a failure. */
export async function precompileAssets(context: BuildContext, gems: GemFiles, tools: RubyTools): Promise<void> {
  const has = (name: string) => existsSync(join(context.applicationDirectory, name));
  if (!has('Rakefile') || !has('app/assets') || !PIPELINES.some((name) => gems.gems.has(name))) return;
  const args = ['exec', 'rake', 'assets:precompile'];
  context.log.line(`bundle ${args.join(' ')}`);
  // Rails wants a secret to start at all; this one protects nothing and is in no image.
  const env = { ...tools.env, SECRET_KEY_BASE_DUMMY: '1' };
  const result = await runBundler(context, { ...tools, env }, args, (text) => context.log.output(text));
  if (result.exitCode !== 0) throw commandFailed(`bundle ${args.join(' ')}`, result);
}
