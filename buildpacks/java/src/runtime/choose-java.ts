import { chooseRuntime, type BuildContext, type ChosenRuntime } from '../../../../src/sdk/index.ts';
import { newestCompilerFor, parseJavaVersion, type VersionRequest } from '../java-version.ts';
import { adoptiumSource } from './adoptium-source.ts';
import { debianSource } from './debian-source.ts';
import type { FoundJava, JavaSourceFactory } from './found-java.ts';

/** The sources in the order in which they count; `TSPACK_JAVA_SOURCES` sets another. */
const SOURCES: readonly JavaSourceFactory[] = [debianSource, adoptiumSource];

/** What is taken when nothing asks for a version: the one that the distribution calls its default. */
const DEFAULT_FEATURE = 21;

/** Java in a version, and where it comes from. */
export interface ChosenJava extends ChosenRuntime<FoundJava> {
  /** 21 of `21.0.9`. */
  readonly feature: number;
}

/** What else limits the choice: a tool that no later version runs. */
export interface JavaLimits {
  /** Finished classes need at least this. */
  readonly oldest?: { readonly feature: number; readonly why: string } | undefined;
  /** The build tool runs on nothing newer. */
  readonly newest?: { readonly feature: number; readonly why: string } | undefined;
}

/**
 * Chooses Java by the request that counts. One for a version gives the newest release of it. One for a target gives the oldest version on offer
 * that runs the code and whose compiler still makes it, because that is the version its authors know. Logs which rule decided, and which
 * requests lost. Throws `JAVA_VERSION_INVALID` and the errors of `chooseRuntime`.
 */
export async function chooseJava(context: BuildContext, requests: readonly VersionRequest[], limits: JavaLimits = {}): Promise<ChosenJava> {
  const [request, ...others] = requests;
  const rule = readRule(request, limits);
  const chosen = await chooseRuntime(context, {
    runtime: 'java',
    title: 'Java',
    sources: SOURCES.map((create) => create(context)),
    wanted: rule.pick,
    wantedText: rule.wanted,
    nextStep: request === undefined ? 'Set BP_JVM_VERSION to one of these.' : `Change the version in ${request.source}, or set BP_JVM_VERSION.`,
  });
  const feature = featureOf(chosen.version);
  context.choose({ name: 'Java', version: `${chosen.version} from ${chosen.source}`, reason: rule.reason(chosen.version) });
  for (const other of others) {
    if (request !== undefined && other.text !== request.text)
      context.log.line(`"${other.text}" in ${other.source} is not looked at, because ${request.source} counts first`);
  }
  return { ...chosen, feature };
}

interface Rule {
  readonly wanted: string;
  readonly pick: (versions: readonly string[]) => string | undefined;
  readonly reason: (version: string) => string;
}

function readRule(request: VersionRequest | undefined, { oldest, newest }: JavaLimits): Rule {
  if (request === undefined) {
    const floor = oldest !== undefined && oldest.feature > DEFAULT_FEATURE ? oldest : undefined;
    const least = floor?.feature ?? Math.min(DEFAULT_FEATURE, newest?.feature ?? DEFAULT_FEATURE);
    const why = floor?.why ?? (newest !== undefined && newest.feature < DEFAULT_FEATURE ? newest.why : undefined);
    const reason = why ?? 'the default, because the application asks for none';
    return { wanted: `"${least}" (${reason})`, pick: (versions) => oldestFrom(versions, least, newest?.feature), reason: () => reason };
  }
  const { feature, exact } = parseJavaVersion(request);
  const says = `"${request.text}" in ${request.source}`;
  if (request.kind === 'version') {
    return {
      wanted: says,
      pick: (versions) => versions.find((version) => version === exact) ?? newestRelease(versions, feature),
      reason: (version) => (exact === undefined || exact === version ? `asked for by ${says}` : `the release of Java ${feature} on offer, for ${says}`),
    };
  }
  const most = Math.min(newestCompilerFor(feature), newest?.feature ?? Number.POSITIVE_INFINITY);
  return {
    wanted: says,
    pick: (versions) => oldestFrom(versions, feature, most),
    reason: (version) => {
      if (featureOf(version) === feature) return `asked for by ${says}`;
      return `the oldest on offer that ${newestCompilerFor(feature) < 99 ? 'still compiles and ' : ''}runs code for ${says}`;
    },
  };
}

function featureOf(version: string): number {
  return Number(/^\d+/.exec(version)?.[0]);
}

function newestRelease(versions: readonly string[], feature: number): string | undefined {
  return versions
    .filter((version) => featureOf(version) === feature)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
}

function oldestFrom(versions: readonly string[], least: number, most = Number.POSITIVE_INFINITY): string | undefined {
  const fitting = versions.map(featureOf).filter((feature) => feature >= least && feature <= most);
  return fitting.length === 0 ? undefined : newestRelease(versions, Math.min(...fitting));
}
