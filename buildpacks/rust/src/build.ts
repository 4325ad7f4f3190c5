import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { leaveOutFiles, readKeepFiles, readProcfile, startsWeb, type BuildContext } from '../../../src/sdk/index.ts';
import { buildPrograms, type BuiltPrograms } from './layers/programs.ts';
import { installToolchain } from './layers/toolchain.ts';
import { readChecksums, readManifest } from './manifest.ts';
import { findVersionRequests } from './rust-version.ts';
import { readSettings } from './settings.ts';

/** Rust, then the programs, then what of the source stays, then the start command. */
export async function build(context: BuildContext): Promise<void> {
  // Everything that can be wrong in the application's own files is found before anything is fetched.
  const { applicationDirectory, env, log } = context;
  const settings = readSettings(env);
  const manifest = readManifest(applicationDirectory);
  readChecksums(applicationDirectory);
  const requests = findVersionRequests(env['BP_RUST_VERSION'], applicationDirectory, manifest.rustVersion);
  const procfile = readProcfile(applicationDirectory);

  log.section('Rust');
  const toolchain = await installToolchain(context, requests);
  log.section('Programs');
  const programs = await buildPrograms({ context, toolchain, manifest, settings });
  if (context.execEnv !== 'test') removeSources(context);

  log.section('Start');
  addProcesses(context, programs, startsWeb(procfile));
}

/** Folders of Cargo's own, of tests and of measurements. */
const BUILD_FOLDERS = new Set(['target', '.git', '.github']);

/** Cargo.toml and Cargo.lock stay: from them scanners know what is in a program, which itself does not say. */
function removeSources(context: BuildContext): void {
  const { applicationDirectory } = context;
  const keep = readKeepFiles(context.env);
  const { removed, left } = leaveOutFiles(applicationDirectory, {
    keep,
    usedUp: (_, name) => /\.rs$|^(?:rust-toolchain(?:\.toml)?|\.?rustfmt\.toml|\.?clippy\.toml|\.git\w+|\.dockerignore)$/.test(name),
    usedUpFolder: (path, name) => BUILD_FOLDERS.has(name) || existsSync(join(applicationDirectory, path, '.cargo-checksum.json')),
  });
  const why = keep === undefined ? 'the build used them up' : 'BP_KEEP_FILES does not name them';
  context.log.line(`Leaving out ${removed} files, because ${why}; ${left === 0 ? 'none stays' : `${left} stay for the programs to read`}`);
}

/** A process of each program's name; `web` is the main one, unless the Procfile has it. */
function addProcesses(context: BuildContext, { names, main }: BuiltPrograms, hasProcfileWeb: boolean): void {
  if (hasProcfileWeb) context.log.line('web: the Procfile has it');
  else {
    context.addProcess({ type: 'web', command: [main], default: true });
    context.log.line(`web: ${main}${names.length === 1 ? ', the only program' : ''}`);
    if (names.length > 1) context.log.line(`There are also ${names.filter((name) => name !== main).join(', ')}; BP_RUST_BINARIES names the one to start first`);
  }
  for (const name of names) if (name !== 'web') context.addProcess({ type: name, command: [name] });
}
