import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isVersionRange, newestSatisfying, parseToml } from '../../../src/sdk/index.ts';
import { channelUnsupported, versionInvalid } from './errors.ts';

/** What is asked for, and by whom. */
export interface VersionRequest {
  readonly text: string;
  readonly source: string;
  /** `minimum`: `rust-version`, which any newer compiler satisfies. */
  readonly kind: 'asked' | 'minimum';
}

/** Every request in the order in which they count (https://rust-lang.github.io/rustup/overrides.html). Throws `TOML_INVALID`. */
export function findVersionRequests(variable: string | undefined, applicationDirectory: string, rustVersion: string | undefined): readonly VersionRequest[] {
  const requests: VersionRequest[] = [];
  const add = (text: string | undefined, source: string, kind: VersionRequest['kind']) => {
    if (text !== undefined && text.trim() !== '') requests.push({ text: text.trim(), source, kind });
  };
  add(variable, 'BP_RUST_VERSION', 'asked');
  for (const name of ['rust-toolchain.toml', 'rust-toolchain']) {
    const file = join(applicationDirectory, name);
    if (existsSync(file)) add(readChannel(readFileSync(file, 'utf8'), name), name, 'asked');
  }
  add(rustVersion, 'rust-version of Cargo.toml', 'minimum');
  return requests;
}

/** `channel` of a TOML file; the older form is the channel alone. */
function readChannel(text: string, file: string): string | undefined {
  if (!text.includes('=') && !text.includes('[')) return text.trim();
  const toolchain = parseToml(text, file)['toolchain'] as Readonly<Record<string, unknown>> | undefined;
  return typeof toolchain?.['channel'] === 'string' ? toolchain['channel'] : undefined;
}

/** A version, and the rule that chose it. */
export interface ChosenVersion {
  readonly version: string;
  readonly reason: string;
}

/** The newest of the versions that one source offers and the request allows; undefined when none will do. Throws `RUST_VERSION_INVALID` and `RUST_CHANNEL_UNSUPPORTED`. */
export function chooseRustVersion(request: VersionRequest | undefined, offered: readonly string[]): ChosenVersion | undefined {
  const newest = (range: string, reason: string): ChosenVersion | undefined => {
    const version = newestSatisfying(range, offered);
    return version === undefined ? undefined : { version, reason };
  };
  if (request === undefined) return newest('*', 'the newest, because the application asks for none');
  const { text, source, kind } = request;
  // A channel may name the machine too: `1.85.0-x86_64-unknown-linux-gnu`.
  const channel = text.replace(/-(?:x86_64|aarch64)-[a-z0-9-]+$/, '');
  if (/^(?:beta|nightly)/.test(channel)) throw channelUnsupported(text, source);
  if (channel === 'stable') return newest('*', `the newest for "stable" in ${source}`);
  if (!isVersionRange(channel)) throw versionInvalid(text, source);
  if (kind === 'minimum') return newest(`>=${channel}`, `the newest, and ${source} wants at least ${text}`);
  const chosen = newest(channel, `the newest for "${text}" in ${source}`);
  return chosen?.version === channel ? { version: channel, reason: `asked for in ${source}` } : chosen;
}
