import { join } from 'node:path';
import { chooseRuntime, type BuildContext } from '../../../../src/sdk/index.ts';
import { chooseRustVersion, type VersionRequest } from '../rust-version.ts';
import { debian } from '../sources/debian.ts';
import { rustLang } from '../sources/rust-lang.ts';

/** Rust in place. */
export interface Toolchain {
  readonly version: string;
  /** Folder with `cargo` and `rustc`. */
  readonly binDirectory: string;
  /** Folders with what they are linked to. */
  readonly libraryDirectories: readonly string[];
}

/** Installs the version that the application asks for into the layer `rust` (cache). */
export async function installToolchain(context: BuildContext, requests: readonly VersionRequest[]): Promise<Toolchain> {
  const [request, ...others] = requests;
  let reason = '';
  const { source, version, found } = await chooseRuntime(context, {
    runtime: 'rust',
    title: 'Rust',
    sources: [debian(context), rustLang(context)],
    wanted: (versions) => {
      const chosen = chooseRustVersion(request, versions);
      reason = chosen?.reason ?? reason;
      return chosen?.version;
    },
    wantedText: request === undefined ? 'an application that asks for none' : `"${request.text}" of ${request.source}`,
    nextStep: request === undefined ? 'Set BP_RUST_VERSION.' : `Change ${request.source} to a version that is offered.`,
  });
  context.choose({ name: 'Rust', version, reason });
  for (const other of others.filter(({ kind }) => kind === 'asked'))
    context.log.line(`"${other.text}" in ${other.source} is not looked at, because ${request!.source} counts first`);
  const { layer } = await context.layer({
    name: 'rust',
    title: `Rust ${version}`,
    types: { cache: true },
    inputs: [
      { name: 'Rust version', value: version, readable: true },
      { name: 'source of Rust', value: source, readable: true },
      { name: 'packages of Rust', value: found.key },
    ],
    create: async ({ path }) => {
      context.log.line(`Installing Rust ${version} from ${source}`);
      await found.install(path);
      return {};
    },
  });
  return {
    version,
    binDirectory: join(layer.path, found.binDirectory),
    libraryDirectories: found.libraryDirectories.map((folder) => join(layer.path, folder)),
  };
}
