import { nearestNames, TspackError } from '../foundation/index.ts';
import { joinNames } from './layer-decision.ts';
import type { BuildpackContext } from './detect-context.ts';

/** One place where versions of a runtime come from: a distribution's packages, a language's own downloads. */
export interface RuntimeSource<Found> {
  /** Lower case, as in `TSPACK_<RUNTIME>_SOURCES`: `debian`, `nodejs.org`. */
  readonly name: string;
  /** Every version for the build's target, in any order. Asked only when no earlier source has a fitting one. */
  offered(): Promise<readonly string[]>;
  /** What is needed to install a version that it offers: addresses with digests, names of packages. */
  find(version: string): Promise<Found>;
}

/** What {@link chooseRuntime} chooses by. */
export interface RuntimeRequest<Found> {
  /** Of the variable `TSPACK_<RUNTIME>_SOURCES`, in lower case: `python`. */
  readonly runtime: string;
  /** For messages: `Python`. */
  readonly title: string;
  /** All that there are, in the order in which they count where no variable sets another. */
  readonly sources: readonly RuntimeSource<Found>[];
  /** The version to take of those that one source offers; undefined when none will do. */
  readonly wanted: (versions: readonly string[]) => string | undefined;
  /** Which of the versions that will not do to name in the error; the newest few by default. */
  readonly nearest?: (versions: readonly string[]) => readonly string[];
  /** What is wanted and who says so, for the error: `">=3.12" of pyproject.toml requires-python`. */
  readonly wantedText: string;
  /** Imperative, for the error: `Change requires-python in pyproject.toml`. */
  readonly nextStep: string;
}

/** The version that counts. Make `source` an input of the layer beside `version`. */
export interface ChosenRuntime<Found> {
  readonly source: string;
  readonly version: string;
  readonly found: Found;
}

/**
 * The first source, in a fixed order, that offers a fitting version. The order is the buildpack's, or that of
 * `TSPACK_<RUNTIME>_SOURCES` (names with commas between them), which may also leave sources out. A source that cannot be
 * asked ends the choice: were it skipped, the state of the network would choose.
 *
 * Throws `RUNTIME_SOURCE_UNKNOWN`, `RUNTIME_SOURCE_UNAVAILABLE`, and `RUNTIME_UNAVAILABLE` with what each source offers.
 */
export async function chooseRuntime<Found>(context: Pick<BuildpackContext, 'env'>, request: RuntimeRequest<Found>): Promise<ChosenRuntime<Found>> {
  const asked: string[] = [];
  for (const source of orderedSources(context.env, request)) {
    const versions = await ask(source, request, asked);
    const version = request.wanted(versions);
    if (version !== undefined) return { source: source.name, version, found: await source.find(version) };
    asked.push(describeOffer(source.name, versions, request.nearest));
  }
  throw new TspackError({
    code: 'RUNTIME_UNAVAILABLE',
    message: `Cannot find a ${request.title} for ${request.wantedText}: ${asked.join('; ')}`,
    nextStep: request.nextStep,
  });
}

function orderedSources<Found>(env: Readonly<Record<string, string>>, { runtime, title, sources }: RuntimeRequest<Found>): readonly RuntimeSource<Found>[] {
  const variable = sourcesVariable(runtime);
  const names = (env[variable] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  if (names.length === 0) return sources;
  return names.map((name) => {
    const source = sources.find((candidate) => candidate.name === name);
    if (source !== undefined) return source;
    const known = sources.map((candidate) => candidate.name);
    const [nearest] = nearestNames(name, known);
    throw new TspackError({
      code: 'RUNTIME_SOURCE_UNKNOWN',
      message: `Cannot look for ${title} in "${name}", which ${variable} names: there is no such source`,
      nextStep: nearest === undefined ? `Set ${variable} to some of ${known.join(', ')}.` : `Write ${nearest} in ${variable}.`,
    });
  });
}

async function ask<Found>(
  source: RuntimeSource<Found>,
  { runtime, title, wantedText }: RuntimeRequest<Found>,
  asked: readonly string[],
): Promise<readonly string[]> {
  try {
    return await source.offered();
  } catch (error) {
    if (!(error instanceof TspackError)) throw error;
    const before = asked.length === 0 ? '' : `${asked.join('; ')}; `;
    throw new TspackError({
      code: 'RUNTIME_SOURCE_UNAVAILABLE',
      message: `Cannot choose a ${title} for ${wantedText}: ${before}${source.name} cannot be asked: ${error.message}`,
      nextStep: `Ask for a version that another source has, name a mirror with TSPACK_MIRROR_<HOST>, or leave ${source.name} out of ${sourcesVariable(runtime)}.`,
      cause: error,
    });
  }
}

function sourcesVariable(runtime: string): string {
  return `TSPACK_${runtime.toUpperCase().replaceAll(/[^A-Z0-9]/gu, '_')}_SOURCES`;
}

function describeOffer(source: string, versions: readonly string[], nearest: RuntimeRequest<unknown>['nearest']): string {
  const near = nearest?.(versions) ?? [];
  return near.length === 0
    ? `${source} offers ${listVersions(versions)}`
    : `the nearest that ${source} offers ${near.length === 1 ? 'is' : 'are'} ${joinNames(near)}`;
}

const MOST_LISTED = 6;

/** The newest few, oldest first; not by the rules of npm's versions, which not every runtime follows. */
function listVersions(versions: readonly string[]): string {
  if (versions.length === 0) return 'none for this target';
  const sorted = [...versions].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const older = sorted.length - MOST_LISTED;
  return `${sorted.slice(-MOST_LISTED).join(', ')}${older > 0 ? ` and ${older} older ones` : ''}`;
}
