import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { BuildContext, CommandResult } from '../../../src/sdk/index.ts';
import { pipFailed } from './pip-errors.ts';
import { pipSettings } from './pip-settings.ts';
import { exitText, pythonEnvironment, type Python } from './python.ts';

/** Python and pip, ready to run. */
export interface Tools {
  readonly python: Python;
  readonly pip: { readonly version: string; /** The folder `pip`, which Python can run. */ readonly directory: string };
  /** pip's cache of downloads and of wheels that it built. */
  readonly cacheDirectory: string;
}

/** Options of every run: quiet about itself, and without what would be made for this machine alone. */
const OPTIONS = ['--no-input', '--disable-pip-version-check', '--progress-bar', 'off', '--no-color'];

/** Variables of pip, and of the compilers that it starts: what they make must not depend on folders and times, and need not be debugged. */
export function pipEnvironment(context: BuildContext, tools: Tools, programs?: string): Record<string, string> {
  const { env } = context;
  const joined = (name: string, added: string) => (env[name] === undefined ? added : `${env[name]} ${added}`);
  const headers = tools.python.headersDirectory;
  return {
    ...pythonEnvironment(context, tools.python),
    ...pipSettings(context),
    ...(programs === undefined ? {} : { PATH: [programs, env['PATH'] ?? '/usr/bin:/bin'].join(delimiter) }),
    ...(headers === undefined ? {} : { CPATH: [env['CPATH'] ?? '', headers, dirname(headers)].filter((path) => path !== '').join(delimiter) }),
    PIP_CACHE_DIR: tools.cacheDirectory,
    PIP_ROOT_USER_ACTION: 'ignore',
    CFLAGS: joined('CFLAGS', '-g0'),
    CXXFLAGS: joined('CXXFLAGS', '-g0'),
    LDFLAGS: joined('LDFLAGS', '-Wl,--strip-debug'),
    SOURCE_DATE_EPOCH: env['SOURCE_DATE_EPOCH'] ?? '315532800', // the first moment that a zip archive can name
  };
}

/** Runs pip, showing what it prints. `python` is the interpreter that it installs for. */
export async function runPip(
  context: BuildContext,
  tools: Tools,
  request: { readonly action: string; readonly python: string; readonly args: readonly string[] },
): Promise<CommandResult> {
  const [command, ...args] = request.args;
  const result = await context.run({
    command: [request.python, tools.pip.directory, command!, ...OPTIONS, ...args],
    cwd: context.applicationDirectory,
    env: pipEnvironment(context, tools, dirname(request.python)),
    output: (text) => context.log.output(withoutNoise(text)),
  });
  if (result.exitCode !== 0) throw pipFailed({ action: request.action, command: `pip ${command!}`, exit: exitText(result), tail: result.tail });
  return result;
}

/** Writes lines to a requirements file that exists while `use` runs. */
export async function withRequirementsFile<Result>(lines: readonly string[], use: (file: string) => Promise<Result>): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'requirements-'));
  try {
    const file = join(directory, 'requirements.txt');
    writeFileSync(file, `${lines.join('\n')}\n`);
    return await use(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Where each wheel was kept, what is there already, and that a step has begun, tells nobody anything. */
function withoutNoise(text: string): string {
  return text.replace(/^ *(?:Stored in directory: .*|Requirement already satisfied: .*|(?:Preparing|Installing|Getting|Building) .*: started)\n/gm, '');
}
