import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openZip, TspackError, type Component, type ZipArchive } from '../../../../src/sdk/index.ts';
import { parseProperties } from '../properties.ts';
import { parseLeniently, pomFacts, PomReader, type PomFacts } from './pom-facts.ts';
import { indexRepository, type Coordinates, type Repository } from './repository.ts';

interface Library {
  readonly coordinates: Coordinates;
  readonly facts: PomFacts;
  readonly hashes: Component['hashes'];
  readonly location: string;
}

/**
 * The libraries of an application that is laid out: each jar of its folders, and what is told by the descriptions that Maven leaves in a jar which
 * holds others. Names, licences and edges come from the poms of the repository they were fetched to, else from those in the jars.
 *
 * @param directory Where the application is laid out, and `target` where it will be in the image.
 */
export async function describeLibraries(
  directory: string,
  target: string,
  folders: readonly string[],
  repository: Repository | undefined,
): Promise<readonly Component[]> {
  const index = repository === undefined ? undefined : indexRepository(repository);
  const poms = index === undefined ? undefined : new PomReader(index);
  const libraries: Library[] = [];
  for (const file of jarsOf(directory, folders)) {
    const bytes = readFileSync(join(directory, file));
    const hashes = [hash('SHA-1', bytes), hash('SHA-256', bytes)];
    const name = file.slice(file.lastIndexOf('/') + 1);
    const indexed = index?.find(name);
    const facts = indexed === undefined ? undefined : await poms!.read(indexed);
    const embedded = await describeJar(join(directory, file));
    const own = indexed ?? embedded.find(({ coordinates }) => name.startsWith(`${coordinates.artifactId}-${coordinates.version}`))?.coordinates;
    const coordinates = own ?? coordinatesOfName(name);
    libraries.push({
      coordinates,
      facts: facts ?? embedded.find((one) => one.coordinates.artifactId === coordinates.artifactId)?.facts ?? pomFacts([]),
      hashes,
      location: join(target, file),
    });
    // A jar may hold others, whose descriptions it keeps.
    for (const inner of embedded)
      if (inner.coordinates.artifactId !== coordinates.artifactId) libraries.push({ ...inner, hashes: [], location: join(target, file) });
  }
  for (const inner of await describeFolder(directory)) libraries.push({ ...inner, hashes: [], location: target });
  return toComponents(libraries);
}

function jarsOf(directory: string, folders: readonly string[]): readonly string[] {
  const inFolders = folders.flatMap((folder) => readdirSync(join(directory, folder)).map((name) => `${folder}/${name}`));
  const atTop = readdirSync(directory);
  return [...inFolders, ...atTop].filter((name) => name.endsWith('.jar')).sort();
}

function hash(algorithm: 'SHA-1' | 'SHA-256', bytes: Uint8Array): { readonly algorithm: typeof algorithm; readonly hex: string } {
  return { algorithm, hex: createHash(algorithm.replace('-', '').toLowerCase()).update(bytes).digest('hex') };
}

/** `name-1.2.3.jar` by its form, for jars that nothing describes. */
function coordinatesOfName(name: string): Coordinates {
  const match = /^(.+?)-(\d[\w.+-]*)\.jar$/.exec(name);
  return { groupId: '', artifactId: match?.[1] ?? name.replace(/\.jar$/, ''), version: match?.[2] ?? '' };
}

type Embedded = Pick<Library, 'coordinates' | 'facts'>;

const DESCRIPTION = /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/;

async function describeJar(file: string): Promise<readonly Embedded[]> {
  let zip: ZipArchive;
  try {
    zip = openZip(file);
  } catch (error) {
    if (error instanceof TspackError) return [];
    throw error;
  }
  using open = zip;
  const read = (path: string) => {
    const entry = open.find(path);
    return entry === undefined ? undefined : open.read(entry).toString('utf8');
  };
  return await describe(
    open.entries.map(({ path }) => path).filter((path) => DESCRIPTION.test(path)),
    read,
  );
}

async function describeFolder(directory: string): Promise<readonly Embedded[]> {
  const folder = join(directory, 'META-INF/maven');
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder, { recursive: true }).map((name) => `META-INF/maven/${String(name)}`);
  return await describe(
    paths.filter((path) => DESCRIPTION.test(path)),
    (path) => (existsSync(join(directory, path)) ? readFileSync(join(directory, path), 'utf8') : undefined),
  );
}

async function describe(paths: readonly string[], read: (path: string) => string | undefined): Promise<readonly Embedded[]> {
  const found: Embedded[] = [];
  for (const path of [...paths].sort()) {
    const { groupId, artifactId, version } = parseProperties(read(path) ?? '');
    if (groupId === undefined || artifactId === undefined || version === undefined) continue;
    const pom = read(path.replace(/pom\.properties$/, 'pom.xml'));
    const root = pom === undefined ? undefined : await parseLeniently(pom, path);
    found.push({ coordinates: { groupId, artifactId, version }, facts: pomFacts(root === undefined ? [] : [root]) });
  }
  return found;
}

function toComponents(libraries: readonly Library[]): readonly Component[] {
  const ids = new Map(libraries.map(({ coordinates }) => [`${coordinates.groupId}:${coordinates.artifactId}`, purl(coordinates)]));
  return libraries.map(({ coordinates, facts, hashes, location }) => ({
    type: 'library',
    name: coordinates.groupId === '' ? coordinates.artifactId : `${coordinates.groupId}:${coordinates.artifactId}`,
    version: coordinates.version,
    id: purl(coordinates),
    ...(coordinates.groupId === '' ? {} : { purl: purl(coordinates) }),
    ...(facts.description === undefined ? {} : { description: facts.description }),
    ...(facts.homepage === undefined ? {} : { homepage: facts.homepage }),
    licences: facts.licences,
    hashes: hashes ?? [],
    locations: [location],
    dependsOn: facts.dependencies.flatMap((name) => ids.get(name) ?? []),
  }));
}

function purl({ groupId, artifactId, version }: Coordinates): string {
  const path = [groupId, artifactId]
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join('/');
  return `pkg:maven/${path}@${encodeURIComponent(version)}`;
}
