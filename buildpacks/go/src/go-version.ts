import { compareVersions, isVersionRange, newestSatisfying } from '../../../src/sdk/index.ts';
import { versionInvalid } from './errors.ts';
import type { ModuleFile } from './module-files.ts';

/** What is asked for, and by whom. */
export interface VersionRequest {
  readonly text: string;
  /** `go.mod:5`, `BP_GO_VERSION`. */
  readonly source: string;
  /** `minimum`: the `go` line, which any newer toolchain satisfies. */
  readonly kind: 'asked' | 'toolchain' | 'minimum';
}

/** Every request in the order in which they count. */
export function findVersionRequests(variable: string | undefined, versionFile: string | undefined, file: ModuleFile): readonly VersionRequest[] {
  const requests: VersionRequest[] = [];
  const add = (text: string | undefined, source: string, kind: VersionRequest['kind']) => {
    const trimmed = text?.trim().replace(/^go(?=\d)/, '') ?? '';
    if (trimmed !== '') requests.push({ text: trimmed, source, kind });
  };
  add(variable, 'BP_GO_VERSION', 'asked');
  add(versionFile, '.go-version', 'asked');
  // "default" and "local" leave the choice to the machine that builds.
  if (file.toolchain !== undefined && /^go\d/.test(file.toolchain.value)) add(file.toolchain.value, file.toolchain.source, 'toolchain');
  if (file.go !== undefined) add(file.go.value, file.go.source, 'minimum');
  return requests;
}

/** The version that needs no list of what is offered: an exact one; undefined for ranges and minimums. */
export function exactGoVersion({ text, kind }: VersionRequest): string | undefined {
  return kind !== 'minimum' && /^\d+\.\d+(?:\.\d+|(?:rc|beta)\d+)$/.test(text) ? text : undefined;
}

/** A version, and the rule that chose it. */
export interface ChosenVersion {
  readonly version: string;
  readonly reason: string;
}

/**
 * The version to build with, of those that one source offers by Go's own names (`1.20`, `1.26.1`, `1.27rc1`); undefined when none will do. A minimum
 * gets the newest patch of its own minor version while Go maintains that (the two newest, https://go.dev/doc/devel/release#policy), else of the oldest
 * that it maintains. Throws `GO_VERSION_INVALID`.
 */
export function chooseGoVersion(request: VersionRequest | undefined, offered: readonly string[]): ChosenVersion | undefined {
  const names = new Map(offered.map((name) => [semanticVersion(name), name]));
  const releases = [...names.keys()].filter((version) => !version.includes('-'));
  const newest = (range: string, versions: readonly string[], reason: string): ChosenVersion | undefined => {
    const version = newestSatisfying(range, versions);
    return version === undefined ? undefined : { version: names.get(version)!, reason };
  };
  if (request === undefined) return newest('*', releases, 'the newest, because the application asks for none');
  const { text, source } = request;
  if (request.kind !== 'minimum') {
    const range = rangeOf(text);
    if (range === undefined) throw versionInvalid(text, source);
    const chosen = newest(range, [...names.keys()], `the newest for "${text}" in ${source}`);
    return chosen?.version === text ? { version: text, reason: `asked for in ${source}` } : chosen;
  }
  if (!/^\d+\.\d+(?:\.\d+|(?:rc|beta)\d+)?$/.test(text)) throw versionInvalid(text, source);
  const minimum = semanticVersion(text);
  const maintained = [...new Set([...releases].sort(compareVersions).map(minorOf))].slice(-2);
  if (maintained.includes(minorOf(minimum))) {
    const own = newest(`~${minorOf(minimum)}.0 >=${minimum}`, releases, `the newest patch of "go ${text}" in ${source}`);
    if (own !== undefined) return own;
  }
  for (const minor of maintained) {
    const next = newest(`~${minor}.0 >=${minimum}`, releases, `the oldest that Go maintains, of those that "go ${text}" in ${source} allows`);
    if (next !== undefined) return next;
  }
  // A version that has not been released yet.
  return newest(minimum, [...names.keys()], `asked for in ${source}`);
}

function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** `1.26` → `1.26.0`, `1.27rc1` → `1.27.0-rc.1`: what ranges are compared with. */
export function semanticVersion(name: string): string {
  const [, minor = '', patch, kind, number] = /^(\d+\.\d+)(?:\.(\d+))?(?:(rc|beta)(\d+))?$/.exec(name) ?? [];
  return `${minor}.${patch ?? '0'}${kind === undefined ? '' : `-${kind}.${number!}`}`;
}

function rangeOf(text: string): string | undefined {
  if (/^\d+\.\d+(?:\.\d+|(?:rc|beta)\d+)$/.test(text)) return semanticVersion(text);
  return isVersionRange(text) ? text : undefined;
}
