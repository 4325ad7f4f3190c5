import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { isFolder, parseXmlFile, xmlAt, xmlChild, type XmlElement } from '../../../../src/sdk/index.ts';
import { pomInvalid } from '../errors.ts';

/** A pom.xml with those of its parents that lie in the application. */
export interface Pom {
  /** Relative to the application: `web/pom.xml`. */
  readonly file: string;
  readonly groupId: string | undefined;
  readonly artifactId: string;
  readonly version: string | undefined;
  /** `jar` where nothing else is said. */
  readonly packaging: string;
  /** Folders of modules, relative to the pom's own. */
  readonly modules: readonly string[];
  /** This pom's elements first, then those of each parent: what is nearer counts. */
  readonly chain: readonly PomPart[];
}

/** One file of the chain. */
export interface PomPart {
  readonly file: string;
  readonly root: XmlElement;
}

const MOST_PARENTS = 20;

/** Reads the pom of a folder of the application and the parents that lie in the application. Throws `XML_INVALID` and `JAVA_POM_INVALID`. */
export async function readPom(applicationDirectory: string, file = 'pom.xml'): Promise<Pom> {
  const chain: PomPart[] = [];
  for (let next: string | undefined = file; next !== undefined && chain.length < MOST_PARENTS;) {
    const part: PomPart = await readPart(applicationDirectory, next);
    chain.push(part);
    next = parentFile(applicationDirectory, part);
  }
  const [{ root }] = chain as [PomPart];
  const inherited = (name: string) => xmlChild(root, name)?.text ?? xmlAt(root, 'parent', name)?.text;
  const artifactId = xmlChild(root, 'artifactId')?.text;
  if (artifactId === undefined || artifactId === '') throw pomInvalid(file, root.line, 'there is no artifactId');
  return {
    file,
    groupId: inherited('groupId'),
    artifactId,
    version: inherited('version'),
    packaging: xmlChild(root, 'packaging')?.text ?? 'jar',
    modules: (xmlChild(root, 'modules')?.children ?? []).filter(({ name }) => name === 'module').map(({ text }) => text),
    chain,
  };
}

async function readPart(applicationDirectory: string, file: string): Promise<PomPart> {
  const path = join(applicationDirectory, file);
  if (!statSync(path).isFile()) throw pomInvalid(file, undefined, 'it is not a file');
  const root = await parseXmlFile(readFileSync(path, 'utf8'), file);
  if (root.name !== 'project') throw pomInvalid(file, root.line, `want the element "project", got "${root.name}"`);
  return { file, root };
}

/** Where the parent is, as Maven looks for it: `../pom.xml` unless relativePath says another place, or none. */
function parentFile(applicationDirectory: string, { file, root }: PomPart): string | undefined {
  const parent = xmlChild(root, 'parent');
  if (parent === undefined) return undefined;
  const relativePath = xmlChild(parent, 'relativePath')?.text ?? '../pom.xml';
  if (relativePath === '') return undefined;
  const named = normalize(join(dirname(file), relativePath));
  if (named.startsWith('..')) return undefined;
  const path = isFolder(applicationDirectory, named) ? join(named, 'pom.xml') : named;
  return existsSync(join(applicationDirectory, path)) ? path : undefined;
}

/** A value of a pom, and where it was found. */
export interface PomValue {
  readonly text: string;
  /** `pom.xml:12`. */
  readonly place: string;
}

/** The property of that name, with properties in it replaced as far as the files of the application tell them; undefined when something stays open. */
export function pomProperty(pom: Pom, name: string): PomValue | undefined {
  for (const { file, root } of pom.chain) {
    const element = xmlAt(root, 'properties', name);
    if (element !== undefined) return resolved(pom, { text: element.text, place: `${file}:${element.line}` });
  }
  return undefined;
}

/** A value of the configuration of a plugin, by the path of its elements. */
export function pluginConfiguration(pom: Pom, artifactId: string, ...path: readonly string[]): PomValue | undefined {
  for (const { file, root } of pom.chain) {
    for (const plugins of [xmlAt(root, 'build', 'plugins'), xmlAt(root, 'build', 'pluginManagement', 'plugins')]) {
      const plugin = plugins?.children.find((one) => xmlChild(one, 'artifactId')?.text === artifactId);
      const executions = xmlChild(plugin, 'executions')?.children ?? [];
      for (const owner of [plugin, ...executions]) {
        const element = xmlAt(owner, 'configuration', ...path);
        if (element !== undefined) return resolved(pom, { text: element.text, place: `${file}:${element.line}` });
      }
    }
  }
  return undefined;
}

/** Whether the pom, or a parent in the application, uses the plugin. */
export function usesPlugin(pom: Pom, artifactId: string): boolean {
  return pom.chain.some(({ root }) => xmlAt(root, 'build', 'plugins')?.children.some((plugin) => xmlChild(plugin, 'artifactId')?.text === artifactId));
}

const MOST_REPLACEMENTS = 50;

function resolved(pom: Pom, value: PomValue): PomValue | undefined {
  let { text } = value;
  for (let count = 0; count < MOST_REPLACEMENTS; count++) {
    const match = /\$\{([^${}]+)\}/.exec(text);
    if (match === null) return { ...value, text: text.trim() };
    const replacement = builtIn(pom, match[1]!) ?? rawProperty(pom, match[1]!);
    if (replacement === undefined) return undefined;
    text = text.replace(match[0], () => replacement);
  }
  return undefined;
}

function rawProperty(pom: Pom, name: string): string | undefined {
  return pom.chain.map(({ root }) => xmlAt(root, 'properties', name)?.text).find((text) => text !== undefined);
}

function builtIn(pom: Pom, name: string): string | undefined {
  const values: Readonly<Record<string, string | undefined>> = {
    'project.groupId': pom.groupId,
    'project.artifactId': pom.artifactId,
    'project.version': pom.version,
    'project.packaging': pom.packaging,
    'project.parent.version': xmlAt(pom.chain[0]?.root, 'parent', 'version')?.text,
  };
  return values[name];
}
