import { delimiter } from 'node:path';
import { exitText, type BuildContext, type CommandResult } from '../../../../src/sdk/index.ts';
import type { Runtime } from '../layers/runtime.ts';
import { installFailed, type FailurePatterns } from './failures.ts';
import { findNpmrcBinding, readProjectNpmrc } from './npm-settings.ts';

/** A package manager's program, and what its environment needs besides the common one. */
export interface ManagerProgram {
  readonly name: string;
  readonly runtime: Runtime;
  /** How it is started: Node.js and a file, or a program. */
  readonly command: readonly string[];
  /** Folders with programs, for PATH: its own first. */
  readonly path: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What its output tells of a failure. */
  readonly failures: FailurePatterns;
}

/** Variables for a package manager and for the scripts that it runs. */
export function managerEnvironment(context: BuildContext, program: ManagerProgram): Record<string, string> {
  const env: Record<string, string> = {
    ...context.env,
    PATH: [program.runtime.binDirectory, ...program.path, context.env['PATH'] ?? '/usr/bin:/bin'].join(delimiter),
    npm_config_update_notifier: 'false',
    // Native modules compile against the headers that came with this Node.js; without it node-gyp asks nodejs.org.
    npm_config_nodedir: program.runtime.headersDirectory,
    // Python's byte code files carry times.
    PYTHONDONTWRITEBYTECODE: '1',
    NO_UPDATE_NOTIFIER: '1',
    ...(context.downloads.offline ? { npm_config_offline: 'true' } : {}),
  };
  const binding = findNpmrcBinding(context.bindings);
  if (binding !== undefined) env['npm_config_userconfig'] = binding.path;
  // Variables beat files in npm; the platform's address is only for those who name none.
  const named =
    readProjectNpmrc(context.applicationDirectory, context.env).has('registry') || (binding !== undefined && /^\s*registry\s*=/m.test(binding.text));
  if (named) for (const name of ['npm_config_registry', 'NPM_CONFIG_REGISTRY']) delete env[name];
  return { ...env, ...program.env };
}

/** Runs a package manager, showing what it prints. */
export async function runManager(
  context: BuildContext,
  program: ManagerProgram,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly quiet?: boolean },
): Promise<CommandResult> {
  return await context.run({
    command: [...program.command, ...args],
    cwd: options.cwd,
    env: { ...managerEnvironment(context, program), ...options.env },
    output: options.quiet === true ? () => undefined : (text) => context.log.output(withoutNoise(text)),
  });
}

/** Runs a package manager for an installation; a failure becomes an error that says what its output tells. */
export async function runInstallation(
  context: BuildContext,
  program: ManagerProgram,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly action?: string; readonly hidden?: readonly string[] },
): Promise<void> {
  context.log.line([program.name, ...args.filter((argument) => options.hidden?.includes(argument) !== true)].join(' '));
  const result = await runManager(context, program, args, options);
  if (result.exitCode !== 0) throw installFailed(program.name, options.action ?? 'install the packages', exitText(result), result.tail, program.failures);
}

/** npm warns about nodedir, which it passes on to node-gyp all the same; Node.js about the package managers' own code. */
function withoutNoise(text: string): string {
  return text.replace(/^(?:npm warn Unknown (?:env|user) config "nodedir"|\(node:\d+\) \[DEP0|\(Use `node --trace-deprecation).*\n/gm, '');
}
