import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

/** Where a build tool keeps what it fetched. */
export interface Repository {
  readonly kind: 'maven' | 'gradle';
  readonly directory: string;
}

/** Name and version of something in a repository of Maven's form. */
export interface Coordinates {
  readonly groupId: string;
  readonly artifactId: string;
  readonly version: string;
}

/** The jars of a repository, to be found by their file names, and the poms of what is in it. */
export interface RepositoryIndex {
  /** Coordinates of the jar of that name: `slf4j-api-2.0.17.jar`, or `org.slf4j.slf4j-api-2.0.17.jar` as Quarkus calls it. */
  find(fileName: string): Coordinates | undefined;
  /** The file of a pom; undefined when the repository has none. */
  pom(coordinates: Coordinates): string | undefined;
}

/** Walks the folders of a repository once. */
export function indexRepository({ kind, directory }: Repository): RepositoryIndex {
  const jars = new Map<string, Coordinates>();
  const poms = new Map<string, string>();
  const add = (file: string) => {
    const coordinates = kind === 'maven' ? mavenCoordinates(directory, file) : gradleCoordinates(directory, file);
    if (coordinates === undefined) return;
    if (file.endsWith('.pom')) {
      poms.set(key(coordinates), file);
      return;
    }
    const name = basename(file);
    jars.set(name, coordinates);
    jars.set(`${coordinates.groupId}.${name}`, coordinates);
  };
  if (existsSync(directory)) visit(directory, add);
  return { find: (name) => jars.get(name), pom: (coordinates) => poms.get(key(coordinates)) };
}

function key({ groupId, artifactId, version }: Coordinates): string {
  return `${groupId}:${artifactId}:${version}`;
}

function visit(directory: string, add: (file: string) => void): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) visit(join(directory, entry.name), add);
    else if (/\.(?:jar|pom)$/.test(entry.name)) add(join(directory, entry.name));
  }
}

/** `org/slf4j/slf4j-api/2.0.17/slf4j-api-2.0.17.jar`. */
function mavenCoordinates(root: string, file: string): Coordinates | undefined {
  const parts = relative(root, dirname(file)).split('/');
  const [artifactId, version] = parts.slice(-2);
  if (parts.length < 3 || !basename(file).startsWith(`${artifactId!}-`)) return undefined;
  return { groupId: parts.slice(0, -2).join('.'), artifactId: artifactId!, version: version! };
}

/** `org.slf4j/slf4j-api/2.0.17/<sha1>/slf4j-api-2.0.17.jar`. */
function gradleCoordinates(root: string, file: string): Coordinates | undefined {
  const [groupId, artifactId, version, , name] = relative(root, file).split('/');
  return name === undefined ? undefined : { groupId: groupId!, artifactId: artifactId!, version: version! };
}
