import { delimiter } from 'node:path';
import type { BuildContext, CommandResult } from '../../../src/sdk/index.ts';
import type { Npm } from './layers/npm.ts';
import type { Runtime } from './layers/runtime.ts';
import { findNpmrcBinding, readProjectNpmrc } from './npm-settings.ts';

/** Node.js and npm, ready to run. */
export interface Tools {
  readonly runtime: Runtime;
  readonly npm: Npm;
  /** npm's download cache. */
  readonly cacheDirectory: string;
}

/** Variables for npm and for the scripts that it runs. */
export function npmEnvironment(context: BuildContext, tools: Tools): Record<string, string> {
  const env: Record<string, string> = {
    ...context.env,
    PATH: [tools.runtime.binDirectory, tools.npm.binDirectory, context.env['PATH'] ?? '/usr/bin:/bin'].join(delimiter),
    npm_config_cache: tools.cacheDirectory,
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_progress: 'false',
    // Native modules compile against the headers that came with this Node.js; without it node-gyp asks nodejs.org.
    npm_config_nodedir: tools.runtime.headersDirectory,
    // Python's byte code files carry times.
    PYTHONDONTWRITEBYTECODE: '1',
    NO_UPDATE_NOTIFIER: '1',
  };
  const binding = findNpmrcBinding(context.bindings);
  if (binding !== undefined) env['npm_config_userconfig'] = binding.path;
  // Variables beat files in npm; the platform's address is only for those who name none.
  const named =
    readProjectNpmrc(context.applicationDirectory, context.env).has('registry') || (binding !== undefined && /^\s*registry\s*=/m.test(binding.text));
  if (named) for (const name of ['npm_config_registry', 'NPM_CONFIG_REGISTRY']) delete env[name];
  return env;
}

/** Runs npm, showing what it prints. */
export async function runNpm(
  context: BuildContext,
  tools: Tools,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  return await context.run({
    command: [`${tools.runtime.binDirectory}/node`, tools.npm.cli, ...args],
    cwd: options.cwd,
    env: { ...npmEnvironment(context, tools), ...options.env },
    output: (text) => context.log.output(withoutNoise(text)),
  });
}

/** npm warns about nodedir, which it passes on to node-gyp all the same. */
function withoutNoise(text: string): string {
  return text.replace(/^npm warn Unknown (?:env|user) config "nodedir".*\n/gm, '');
}

/** How a program ended, in words. */
export function exitText(result: CommandResult): string {
  return result.signal === undefined ? `exit status ${result.exitCode}` : `signal ${result.signal}`;
}
