import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { artifactAmbiguous, artifactMissing } from '../errors.ts';
import { findPaths } from '../find-paths.ts';
import { readManifest } from './jar.ts';
import { QUARKUS_RUNNER } from './quarkus.ts';
import { isSpringBoot } from './spring-boot.ts';

/** What a build made and what can be started of it. */
export interface Artifact {
  /** A jar, a war or a folder, relative to the application. */
  readonly path: string;
  readonly kind: 'quarkus' | 'spring-boot' | 'war' | 'executable-jar' | 'jar' | 'distribution';
}

/** What to look for. */
export interface ArtifactSearch {
  /** Folders of the modules that were built; `.` is the application itself. */
  readonly modules: readonly string[];
  /** Below a module: `target` with Maven, `build` with Gradle. */
  readonly output: string;
  /** Below a module: where jars and wars are made. */
  readonly archives: string;
  /** The user's own pattern, relative to the module, and its setting. */
  readonly pattern: string | undefined;
}

/** Files beside the one that runs. */
const NOT_TO_RUN = /(?:-sources|-javadoc|-tests|-test-sources|-plain)\.jar$|^original-/;
/** Names that tools give to jars which hold their libraries. */
const WITH_LIBRARIES = /(?:-jar-with-dependencies|-all|-shaded|-runner|-exec|-fat|-uber|-boot|-standalone)\.(?:jar|war)$/;
/** What says most about how it wants to be started comes first. */
const RANKS: readonly Artifact['kind'][] = ['quarkus', 'spring-boot', 'war', 'executable-jar', 'distribution', 'jar'];

/** Finds the one thing to run. Throws `JAVA_ARTIFACT_MISSING` and `JAVA_ARTIFACT_AMBIGUOUS`. */
export function findArtifact(root: string, search: ArtifactSearch): Artifact {
  const patterns = search.pattern === undefined ? [`${search.archives}/*.jar`, `${search.archives}/*.war`, `${search.output}/quarkus-app`] : [search.pattern];
  const candidates = search.modules.flatMap((module) => bestOfModule(root, module, search, patterns));
  const best = RANKS.map((kind) => candidates.filter((candidate) => candidate.kind === kind)).find((group) => group.length > 0) ?? [];
  if (best.length === 0) throw artifactMissing(patterns, []);
  if (best.length > 1) throw artifactAmbiguous(best.map(({ path }) => path));
  return best[0]!;
}

/** The best artifact of one module: jars beside it are what it was made from. Several of the same rank stay several. */
function bestOfModule(root: string, module: string, search: ArtifactSearch, patterns: readonly string[]): readonly Artifact[] {
  const directory = join(root, module);
  const found = patterns
    .flatMap((pattern) => findPaths(directory, pattern))
    .filter((path) => !NOT_TO_RUN.test(posix.basename(path)))
    .flatMap((path) => classify(root, posix.join(module, path)));
  const distribution = search.pattern === undefined ? findDistribution(root, module, search.output) : [];
  const all = [...found, ...distribution];
  const best = RANKS.map((kind) => all.filter((one) => one.kind === kind)).find((group) => group.length > 0) ?? [];
  const complete = best.filter(({ path }) => WITH_LIBRARIES.test(path));
  return complete.length > 0 ? complete : best;
}

/** What a path is, by its content. */
export function classify(root: string, path: string): readonly Artifact[] {
  const full = join(root, path);
  if (statSync(full).isDirectory()) {
    if (existsSync(join(full, QUARKUS_RUNNER))) return [{ path, kind: 'quarkus' }];
    return existsSync(join(full, 'WEB-INF')) ? [{ path, kind: 'war' }] : [];
  }
  const manifest = readManifest(full);
  if (isSpringBoot(manifest)) return [{ path, kind: 'spring-boot' }];
  if (path.endsWith('.war')) return [{ path, kind: 'war' }];
  if (!path.endsWith('.jar')) return [];
  return [{ path, kind: manifest?.['Main-Class'] === undefined ? 'jar' : 'executable-jar' }];
}

/** What Gradle's `installDist` makes: a folder with `lib` and a start script. */
function findDistribution(root: string, module: string, output: string): readonly Artifact[] {
  const install = join(root, module, output, 'install');
  if (!existsSync(install)) return [];
  return readdirSync(install)
    .filter((name) => existsSync(join(install, name, 'lib')))
    .map((name) => ({ path: posix.join(module, output, 'install', name), kind: 'distribution' }));
}
