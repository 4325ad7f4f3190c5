import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseToml } from '../../../src/sdk/index.ts';

/** What the buildpack needs to know of Cargo.toml before there is a `cargo` to ask. */
export interface Manifest {
  /** `rust-version` of the package or the workspace: the oldest Rust that it compiles with. */
  readonly rustVersion: string | undefined;
  /** Whether `[profile.release]` says what to strip. */
  readonly setsStrip: boolean;
}

/** Reads Cargo.toml at the root. Throws `TOML_INVALID` with line and column. */
export function readManifest(applicationDirectory: string): Manifest {
  const file = join(applicationDirectory, 'Cargo.toml');
  const table = parseToml(readFileSync(file, 'utf8'), 'Cargo.toml');
  const at = (...path: readonly string[]) => path.reduce<unknown>((value, key) => (isTable(value) ? value[key] : undefined), table);
  const version = [at('package', 'rust-version'), at('workspace', 'package', 'rust-version')].find((value) => typeof value === 'string');
  return { rustVersion: version, setsStrip: at('profile', 'release', 'strip') !== undefined };
}

/** SHA-256 of each crate in Cargo.lock by `name version`; undefined without Cargo.lock. Throws `TOML_INVALID`. */
export function readChecksums(applicationDirectory: string): ReadonlyMap<string, string> | undefined {
  const file = join(applicationDirectory, 'Cargo.lock');
  if (!existsSync(file)) return undefined;
  const packages = parseToml(readFileSync(file, 'utf8'), 'Cargo.lock')['package'];
  const checksums = new Map<string, string>();
  for (const entry of Array.isArray(packages) ? packages : []) {
    if (isTable(entry) && typeof entry['checksum'] === 'string') checksums.set(`${String(entry['name'])} ${String(entry['version'])}`, entry['checksum']);
  }
  return checksums;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
