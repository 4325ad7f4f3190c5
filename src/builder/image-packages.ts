import { posix } from 'node:path';
import { readTar } from '../archive/index.ts';
import { dependencyNames, parseControl } from '../debian/index.ts';
import { debianComponents } from '../sbom/index.ts';
import type { TarEntry } from '../archive/index.ts';
import type { ControlFields } from '../debian/index.ts';
import type { Layer } from '../oci/index.ts';
import type { Component, DebianPackageFacts } from '../sbom/index.ts';

/** dpkg's database, or a file per package as distroless images have; copyright files; what the system calls itself. */
const STATUS = /^var\/lib\/dpkg\/status(?:\.d\/[^/]+)?$/u;
const COPYRIGHT = /^usr\/share\/doc\/([^/]+)\/copyright$/u;
const DOC_LINK = /^usr\/share\/doc\/([^/]+)$/u;
const OS_RELEASE = /^(?:etc|usr\/lib)\/os-release$/u;
/** Files larger than this are none of these. */
const MOST_BYTES = 33_554_432;

/**
 * What the layers of a run image say is installed: its Debian packages, with their licences and the edges among them,
 * and the operating system. Images of other distributions than Debian and its children have no packages here.
 */
export async function readImagePackages(layers: readonly Layer[]): Promise<readonly Component[]> {
  const { files, links } = await readFiles(layers);
  const release = osRelease(files.get('usr/lib/os-release') ?? files.get('etc/os-release') ?? '');
  const copyrightOf = (name: string) => files.get(`usr/share/doc/${posix.basename(links.get(name) ?? name)}/copyright`);
  const packages = [...files]
    .filter(([path]) => STATUS.test(path))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, text]) => parseControl(text).flatMap((fields) => packageFacts(path, fields, release, copyrightOf) ?? []));
  return [...operatingSystem(release), ...debianComponents(packages)];
}

interface OsRelease {
  readonly id: string | undefined;
  readonly version: string | undefined;
  readonly title: string | undefined;
}

function packageFacts(
  path: string,
  fields: ControlFields,
  { id, version: release }: OsRelease,
  copyrightOf: (name: string) => string | undefined,
): DebianPackageFacts | undefined {
  const [name, version, architecture] = [fields.get('package'), fields.get('version'), fields.get('architecture')];
  const isInstalled = fields.get('status')?.endsWith(' installed') ?? true;
  if (name === undefined || version === undefined || architecture === undefined || !isInstalled) return undefined;
  return {
    ...{ name, version, architecture, release, sha256: undefined },
    ...(id === undefined ? {} : { distribution: id }),
    source: fields.get('source'),
    homepage: fields.get('homepage'),
    description: fields.get('description')?.split('\n')[0],
    copyright: copyrightOf(name),
    locations: [`/${path}`],
    dependsOn: dependencyNames(fields),
  };
}

function operatingSystem({ id, version, title }: OsRelease): readonly Component[] {
  if (id === undefined) return [];
  return [{ type: 'operating-system', id: `os:${id}`, name: id, version: version ?? '', ...(title === undefined ? {} : { description: title }) }];
}

/** os-release(5). */
function osRelease(text: string): OsRelease {
  const value = (name: string) => new RegExp(`^${name}=["']?([^"'\\n]*)["']?$`, 'mu').exec(text)?.[1];
  return { id: value('ID'), version: value('VERSION_ID'), title: value('PRETTY_NAME') };
}

interface Found {
  readonly files: Map<string, string>;
  /** Packages whose documentation is that of another. */
  readonly links: Map<string, string>;
}

/** Those of all layers together: later ones replace and remove what earlier ones have (OCI image-spec `layer.md`). */
async function readFiles(layers: readonly Layer[]): Promise<Found> {
  const found: Found = { files: new Map(), links: new Map() };
  for (const layer of layers) {
    const removed: string[] = [];
    const added: Found = { files: new Map(), links: new Map() };
    for await (const entry of readTar(layer.openTar())) await note(entry, added, removed);
    for (const path of [...found.files.keys()]) if (removed.some((folder) => path === folder || path.startsWith(`${folder}/`))) found.files.delete(path);
    for (const [path, text] of added.files) found.files.set(path, text);
    for (const [name, target] of added.links) found.links.set(name, target);
  }
  return found;
}

async function note(entry: TarEntry, { files, links }: Found, removed: string[]): Promise<void> {
  const path = posix.normalize(entry.path).replace(/^(?:\.?\/)+/u, '');
  const name = posix.basename(path);
  const linked = DOC_LINK.exec(path)?.[1];
  if (name === '.wh..wh..opq') removed.push(posix.dirname(path));
  else if (name.startsWith('.wh.')) removed.push(posix.join(posix.dirname(path), name.slice('.wh.'.length)));
  else if (entry.type === 'symlink' && linked !== undefined) links.set(linked, entry.linkTarget ?? '');
  else if (entry.type === 'file' && entry.sizeBytes <= MOST_BYTES && isWanted(path)) files.set(path, await textOf(entry));
}

function isWanted(path: string): boolean {
  return (STATUS.test(path) && !path.endsWith('.md5sums')) || COPYRIGHT.test(path) || OS_RELEASE.test(path);
}

async function textOf({ content }: TarEntry): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
