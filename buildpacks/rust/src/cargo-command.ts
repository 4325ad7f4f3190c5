import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { registerSecret, type BuildContext, type CommandResult } from '../../../src/sdk/index.ts';
import type { Toolchain } from './layers/toolchain.ts';
import type { Manifest } from './manifest.ts';

/** A `cargo` and the folders it works with. */
export interface CargoCommand extends Disposable {
  /** Runs `cargo`; with `quiet` only what it says of its downloads is shown, not the answer. */
  run(args: readonly string[], quiet?: boolean): Promise<CommandResult>;
}

/**
 * `cargo` with its home in a cache layer, whose path is the same in every build: programs hold it in the messages of panics. Credentials of a binding
 * of type `cargo` lie there only until disposal.
 */
export function openCargo(context: BuildContext, toolchain: Toolchain, manifest: Manifest, home: string, targetDirectory: string): CargoCommand {
  mkdirSync(home, { recursive: true });
  const credentials = join(home, 'credentials.toml');
  const text = context.bindings
    .filter(({ type }) => type === 'cargo')
    .map((binding) => binding.read('credentials.toml') ?? '')
    .join('\n');
  for (const [, token] of text.matchAll(/^\s*token\s*=\s*["']([^"']+)["']/gm)) registerSecret(token!);
  if (text !== '') writeFileSync(credentials, text, { mode: 0o600 });
  writeFileSync(join(home, 'config.toml'), replacementConfig(context.env['TSPACK_CARGO_INDEX']));
  const env = cargoVariables(context, toolchain, manifest, home, targetDirectory);
  return {
    run: (args, quiet = false) =>
      context.run({
        command: [join(toolchain.binDirectory, 'cargo'), ...args],
        cwd: context.applicationDirectory,
        env,
        output: (output) => context.log.output(quiet ? (output.match(NOTES) ?? []).join('') : output),
      }),
    [Symbol.dispose]: () => rmSync(credentials, { force: true }),
  };
}

const NOTES = /^ *(?:Updating|Downloading|Downloaded|warning:|error:|Caused by:|  ) ?[^{\n]*\n/gm;

function cargoVariables(
  context: BuildContext,
  toolchain: Toolchain,
  manifest: Manifest,
  home: string,
  targetDirectory: string,
): Readonly<Record<string, string>> {
  const { env, downloads } = context;
  const libraries = [...toolchain.libraryDirectories, env['LD_LIBRARY_PATH'] ?? ''].filter((path) => path !== '').join(delimiter);
  return {
    ...env,
    PATH: [toolchain.binDirectory, env['PATH'] ?? '/usr/bin:/bin'].join(delimiter),
    LD_LIBRARY_PATH: libraries,
    CARGO_HOME: home,
    CARGO_TARGET_DIR: targetDirectory,
    CARGO_TERM_COLOR: 'never',
    CARGO_TERM_PROGRESS_WHEN: 'never',
    // git that comes with the build image knows proxies and certificates; the library that is linked to cargo knows fewer.
    CARGO_NET_GIT_FETCH_WITH_CLI: env['CARGO_NET_GIT_FETCH_WITH_CLI'] ?? 'true',
    GIT_TERMINAL_PROMPT: '0',
    ...(manifest.setsStrip || env['CARGO_PROFILE_RELEASE_STRIP'] !== undefined ? {} : { CARGO_PROFILE_RELEASE_STRIP: 'symbols' }),
    ...(downloads.offline ? { CARGO_NET_OFFLINE: 'true' } : {}),
  };
}

/** Cargo reads what replaces crates-io from files alone (https://doc.rust-lang.org/cargo/reference/source-replacement.html). */
function replacementConfig(index: string | undefined): string {
  if (index === undefined || index === '') return '';
  return `[source.crates-io]\nreplace-with = "mirror"\n\n[source.mirror]\nregistry = ${JSON.stringify(index)}\n`;
}
