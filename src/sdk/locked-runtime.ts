import { lockedDebianPackages } from './debian-lock.ts';
import type { BuildContext } from './build-context.ts';
import { isVersionRange, satisfies } from './versions.ts';

/** A version that is asked for, and by what. */
export interface RuntimeVersionRequest {
  readonly text: string;
  /** For messages: `BP_RUBY_VERSION`, `ruby in the Gemfile`. */
  readonly place: string;
}

/** What {@link chooseLockedRuntime} chooses by. */
export interface LockedRuntimeRequest {
  /** For messages: `Ruby`. */
  readonly title: string;
  readonly suite: string;
  readonly set: string;
  /** Name of the package of the set whose version is the runtime's. */
  readonly packageName: string;
  readonly requests: readonly RuntimeVersionRequest[];
  /** The ecosystem's range as one of npm. */
  readonly toRange: (text: string) => string;
  /** The errors, in the words of the ecosystem. */
  readonly invalid: (text: string, place: string) => Error;
  readonly unsatisfiable: (text: string, place: string, offered: string) => Error;
}

/**
 * The only version of a runtime that the locked packages have, once it fits everything that is asked for; the log says why it does.
 * Throws the errors of the request, and `DEBIAN_LOCK_MISSING`.
 */
export function chooseLockedRuntime(context: BuildContext, request: LockedRuntimeRequest): string {
  const { title, suite, set, packageName, requests, toRange, invalid, unsatisfiable } = request;
  const locked = lockedDebianPackages(context, { suite, set }).find(({ name }) => name === packageName);
  const version = /^(?:\d+:)?(\d+\.\d+\.\d+)/.exec(locked?.version ?? '')?.[1];
  if (version === undefined) throw new Error(`the set "${set}" has no ${packageName} of a readable version`);
  for (const { text, place } of requests) {
    const range = toRange(text);
    if (!isVersionRange(range)) throw invalid(text, place);
    if (!satisfies(version, range)) throw unsatisfiable(text, place, version);
  }
  const why = requests.map(({ text, place }) => `"${text}" of ${place}`).join(' and ');
  context.choose({ name: title, version, reason: `Debian's; ${why === '' ? 'the application asks for none' : `it satisfies ${why}`}` });
  return version;
}
