import type { Pom, PomValue } from './project/pom.ts';
import { pluginConfiguration, pomProperty } from './project/pom.ts';
import { versionNotUnderstood } from './errors.ts';

/** What an application says about the version of Java. */
export interface VersionRequest {
  /** As written. */
  readonly text: string;
  /** Where: `pom.xml:12 maven.compiler.release`. */
  readonly source: string;
  /** `version`: this one. `target`: code is compiled for this one, and every later version runs it. */
  readonly kind: 'version' | 'target';
}

/** A request in numbers. */
export interface JavaVersion {
  /** 8 for `1.8`. */
  readonly feature: number;
  /** The whole version, when more than the feature was named: `21.0.4`. */
  readonly exact: string | undefined;
}

/**
 * Reads a version as Java's tools write it: `17`, `1.8`, `21.0.4`, `21.0.4-tem`, `temurin-17.0.9+9`, `17.*`, `[17,18)`. Throws `JAVA_VERSION_INVALID`.
 */
export function parseJavaVersion({ text, source }: Pick<VersionRequest, 'text' | 'source'>): JavaVersion {
  const match = /(?:^|[^\d.])(?:1\.([5-8])(?![\d])|(\d{1,2}))((?:\.\d+)*)/.exec(text.trim().replace(/^[A-Za-z]+\d*-/, ''));
  const feature = Number(match?.[1] ?? match?.[2] ?? 0);
  if (match === null || feature < 5 || feature > 99) throw versionNotUnderstood(text, source);
  const rest = match[3] ?? '';
  return { feature, exact: rest === '' || match[1] !== undefined ? undefined : `${feature}${rest}` };
}

/** The newest version of Java whose compiler still takes the language level: each drops the oldest now and then. */
export function newestCompilerFor(feature: number): number {
  if (feature <= 5) return 8;
  if (feature === 6) return 11;
  return feature === 7 ? 19 : Number.POSITIVE_INFINITY;
}

/** Texts of the files that name a version; undefined for those that are not there. */
export interface VersionFiles {
  readonly javaVersion: string | undefined;
  readonly sdkmanrc: string | undefined;
  readonly toolVersions: string | undefined;
  readonly systemProperties: string | undefined;
}

/** Everything that asks for a version, the one that counts first. What names a version of its own counts before what only says what code is compiled for. */
export function findVersionRequests(env: Readonly<Record<string, string>>, files: VersionFiles, project: readonly VersionRequest[]): readonly VersionRequest[] {
  const version = (text: string | undefined, source: string): readonly VersionRequest[] =>
    text === undefined || text === '' ? [] : [{ text, source, kind: 'version' }];
  return [
    ...version(env['BP_JVM_VERSION']?.trim(), 'BP_JVM_VERSION'),
    ...version(firstLine(files.javaVersion), '.java-version'),
    ...version(setting(files.sdkmanrc, /^\s*java\s*=\s*(\S+)/m), '.sdkmanrc'),
    ...version(setting(files.toolVersions, /^\s*java\s+(\S+)/m), '.tool-versions'),
    ...version(setting(files.systemProperties, /^\s*java\.runtime\.version\s*[=:]\s*(\S+)/m), 'system.properties'),
    ...[...project].sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'version' ? -1 : 1)),
  ];
}

function firstLine(text: string | undefined): string | undefined {
  return text
    ?.split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .find((line) => line !== '');
}

function setting(text: string | undefined, pattern: RegExp): string | undefined {
  return text === undefined ? undefined : pattern.exec(text)?.[1];
}

/** What a pom asks for: the JDK of maven-toolchains-plugin, then what the compiler is told to compile for. */
export function pomVersionRequests(pom: Pom): readonly VersionRequest[] {
  const compiler = 'maven-compiler-plugin';
  const requests: readonly (readonly [PomValue | undefined, string, VersionRequest['kind']])[] = [
    [pluginConfiguration(pom, 'maven-toolchains-plugin', 'toolchains', 'jdk', 'version'), 'maven-toolchains-plugin', 'version'],
    [pluginConfiguration(pom, compiler, 'release'), `release of ${compiler}`, 'target'],
    [pomProperty(pom, 'maven.compiler.release'), 'maven.compiler.release', 'target'],
    [pluginConfiguration(pom, compiler, 'target'), `target of ${compiler}`, 'target'],
    [pluginConfiguration(pom, compiler, 'source'), `source of ${compiler}`, 'target'],
    [pomProperty(pom, 'maven.compiler.target'), 'maven.compiler.target', 'target'],
    [pomProperty(pom, 'maven.compiler.source'), 'maven.compiler.source', 'target'],
    [pomProperty(pom, 'java.version'), 'java.version', 'target'],
  ];
  return requests.flatMap(([value, what, kind]) =>
    value === undefined || value.text === '' ? [] : [{ text: value.text, source: `${value.place} ${what}`, kind }],
  );
}
