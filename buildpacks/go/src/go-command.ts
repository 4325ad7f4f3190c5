import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerSecret, type BuildContext, type CommandResult } from '../../../src/sdk/index.ts';

/** Where `go` works while it has no folder of the user's. */
export interface GoHome extends Disposable {
  readonly directory: string;
}

/** A home outside of every layer, with the credentials that a binding of type `netrc` holds: `go` and git both look for them there. */
export function createGoHome(context: BuildContext): GoHome {
  const directory = mkdtempSync(join(tmpdir(), 'go-home-'));
  const netrc = context.bindings
    .filter(({ type }) => type === 'netrc')
    .map((binding) => binding.read('.netrc') ?? binding.read('netrc') ?? '')
    .join('\n');
  for (const [, password] of netrc.matchAll(/\bpassword\s+(\S+)/g)) registerSecret(password!);
  if (netrc !== '') writeFileSync(join(directory, '.netrc'), netrc, { mode: 0o600 });
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}

/** A `go` and the folders it works with. */
export interface GoCommand {
  /** Path of the program. */
  readonly program: string;
  readonly home: GoHome;
  readonly moduleCache: string;
  readonly buildCache: string;
}

/** Variables that `go` gets beside the user's own: nothing of this machine's configuration, no other toolchain than the chosen one. */
export function goVariables(context: BuildContext, go: GoCommand): Readonly<Record<string, string>> {
  const { env, target } = context;
  return {
    ...env,
    HOME: go.home.directory,
    GOPATH: join(go.home.directory, 'go'),
    GOMODCACHE: go.moduleCache,
    GOCACHE: go.buildCache,
    GOENV: 'off',
    GOTOOLCHAIN: 'local',
    GOTELEMETRY: 'off',
    // Module folders that cannot be written to could not be removed by an ordinary user either.
    GOFLAGS: [env['GOFLAGS'], '-modcacherw'].filter((flag) => flag !== undefined && flag !== '').join(' '),
    GOOS: 'linux',
    GOARCH: target.architecture,
    CGO_ENABLED: env['CGO_ENABLED'] ?? '0',
    GIT_TERMINAL_PROMPT: '0',
    ...(context.downloads.offline ? { GOPROXY: 'off' } : {}),
  };
}

/** Runs `go` with the arguments. With `quiet` only what `go` says of its own work (`go: downloading ...`) is shown, not the answer. */
export async function runGo(
  context: BuildContext,
  go: GoCommand,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; readonly quiet?: boolean } = {},
): Promise<CommandResult> {
  return await context.run({
    command: [go.program, ...args],
    cwd: options.cwd ?? context.applicationDirectory,
    env: { ...goVariables(context, go), ...options.env },
    output: options.quiet === true ? (text) => showNotes(context, text) : (text) => context.log.output(text),
  });
}

function showNotes(context: BuildContext, text: string): void {
  for (const note of text.match(/^go: (?:downloading|finding|upgraded|warning) .*\n/gm) ?? []) context.log.output(note);
}
