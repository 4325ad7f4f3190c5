import { exitText, TspackError, type CommandResult } from '../../../src/sdk/index.ts';

// Every word that a user reads when something is wrong is in this file: first what happened and where, then what to do.

export function versionInvalid(text: string, source: string): TspackError {
  return new TspackError({
    code: 'RUST_VERSION_INVALID',
    message: `Cannot choose a Rust version: "${text}" in ${source} is neither a version nor a channel`,
    nextStep: `Write a version such as "1.85" or "stable" in ${source}.`,
  });
}

export function channelUnsupported(text: string, source: string): TspackError {
  return new TspackError({
    code: 'RUST_CHANNEL_UNSUPPORTED',
    message: `Cannot use the channel "${text}" in ${source}: only released versions of Rust are installed`,
    nextStep: `Write "stable" or a version in ${source}, or set BP_RUST_VERSION.`,
  });
}

export function sourceInvalid(what: string, problem: string): TspackError {
  return new TspackError({
    code: 'RUST_SOURCE_INVALID',
    message: `Cannot use ${what}: ${problem}`,
    nextStep: 'Check the mirror that stands for static.rust-lang.org, or leave static.rust-lang.org out of TSPACK_RUST_SOURCES.',
  });
}

export function noProgram(names: readonly string[]): TspackError {
  return new TspackError({
    code: 'RUST_PROGRAM_MISSING',
    message: `Cannot find a program to build: Cargo knows ${names.length === 0 ? 'no package' : `only libraries, in ${names.slice(0, 5).join(', ')}`}`,
    nextStep: 'Add a src/main.rs or a [[bin]] to a package, or build another folder.',
  });
}

export function unknownBinary(name: string, known: readonly string[]): TspackError {
  return new TspackError({
    code: 'RUST_BINARY_UNKNOWN',
    message: `Cannot build "${name}" of BP_RUST_BINARIES: the programs are ${known.join(', ')}`,
    nextStep: 'Correct BP_RUST_BINARIES.',
  });
}

/** An error of `cargo`, named by what its output tells. The output itself has been shown. */
export function cargoFailed(action: string, command: string, result: CommandResult): TspackError {
  const { tail } = result;
  const failed = `Cannot ${action}: \`cargo ${command}\` ended with ${exitText(result)}`;
  const [code, why, nextStep] = causeOf(tail);
  return new TspackError({ code, message: `${failed}${why}`, nextStep });
}

function causeOf(tail: string): readonly [code: string, why: string, nextStep: string] {
  if (/(?:needs to be updated|cannot (?:update|create) the lock file).*--(?:locked|frozen)/s.test(tail))
    return ['RUST_LOCKFILE_OUT_OF_STEP', ', because Cargo.lock does not match Cargo.toml', 'Run `cargo update --workspace` and commit Cargo.lock.'];
  if (/failed to parse lock file|lock file version/.test(tail))
    return ['RUST_LOCKFILE_INVALID', ', because Cargo.lock cannot be read', 'Run `cargo generate-lockfile` and commit Cargo.lock.'];
  const manifest = /failed to parse manifest at `([^`]*)`/.exec(tail)?.[1];
  if (manifest !== undefined) {
    const line = /-->\s*\S*?:(\d+):\d+|^\s*(\d+) \|/m.exec(tail);
    return ['RUST_MANIFEST_INVALID', `, because ${manifest}${line === null ? '' : `:${line[1] ?? line[2]!}`} cannot be used`, 'Correct the manifest.'];
  }
  const compiler =
    /(?:package|rustc) `?[^\n]*`? (?:cannot be built because it )?requires rustc ([\d.]+)|rustc [\d.]+ is not supported by the following package/.exec(tail);
  if (compiler !== null)
    return [
      'RUST_VERSION_TOO_OLD',
      `, because a crate requires a newer Rust${compiler[1] === undefined ? '' : ` (${compiler[1]})`}`,
      'Ask for a newer version in BP_RUST_VERSION or rust-toolchain.toml.',
    ];
  if (/\b40[13]\b|authentication required|failed to authenticate|no token found|could not read Username/.test(tail))
    return [
      'RUST_REGISTRY_UNAUTHORIZED',
      ', because a registry refused the request',
      'Give its token as a service binding of type "cargo" with a file "credentials.toml".',
    ];
  if (/checksum (?:for `[^`]*` changed|mismatch)|failed to verify the checksum/.test(tail))
    return [
      'RUST_CHECKSUM_MISMATCH',
      ', because a crate differs from its checksum in Cargo.lock',
      'Find out who changed the crate before you remake Cargo.lock.',
    ];
  if (/offline mode|--offline/.test(tail) && /unable to|not (?:found|downloaded)|no matching package/.test(tail))
    return [
      'RUST_OFFLINE',
      ', because a crate is not in the cache and nothing may be fetched',
      'Build once with the network, or run `cargo vendor` and commit the folder.',
    ];
  if (/Could not resolve host|Failed to connect|spurious network error|timed out|SSL (?:certificate|peer)/i.test(tail))
    return [
      'RUST_REGISTRY_UNREACHABLE',
      ', because a registry could not be reached',
      'Check network, proxy variables, CA certificates and source replacement in .cargo/config.toml.',
    ];
  if (/no matching package named|failed to select a version/.test(tail))
    return ['RUST_CRATE_NOT_FOUND', ', because the registry has no crate like one that is asked for', 'Correct the dependency in Cargo.toml.'];
  const place = /^\s*--> (\S+:\d+:\d+)/m.exec(tail)?.[1];
  const library = /cannot find -l(\S+)|could not find system library '([^']+)'|The system library `([^`]+)`/.exec(tail);
  if (library !== null)
    return [
      'RUST_LIBRARY_MISSING',
      `, because the library "${library[1] ?? library[2] ?? library[3]!}" is not there to link to`,
      'Name its Debian development package in an Aptfile, or use the feature of the crate that brings the library along.',
    ];
  return [
    'RUST_BUILD_FAILED',
    place === undefined ? '' : `; the first error is at ${place}`,
    'Read what cargo printed above, and correct the code until `cargo build --release` succeeds.',
  ];
}
