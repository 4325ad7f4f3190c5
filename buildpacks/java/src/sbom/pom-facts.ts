import { readFileSync } from 'node:fs';
import { parseXmlFile, TspackError, xmlAt, xmlChild, type XmlElement } from '../../../../src/sdk/index.ts';
import { spdxLicence } from './licence-names.ts';
import type { Coordinates, RepositoryIndex } from './repository.ts';

/** What a bill of materials takes from a pom. */
export interface PomFacts {
  readonly description: string | undefined;
  readonly homepage: string | undefined;
  readonly licences: readonly string[];
  /** `group:artifact` of what it needs to run. */
  readonly dependencies: readonly string[];
}

const NO_FACTS: PomFacts = { description: undefined, homepage: undefined, licences: [], dependencies: [] };
const MOST_PARENTS = 12;

/** Reads poms of a repository, each once. */
export class PomReader {
  readonly #index: RepositoryIndex;
  readonly #parsed = new Map<string, Promise<XmlElement | undefined>>();

  constructor(index: RepositoryIndex) {
    this.#index = index;
  }

  /** The facts of a pom; what it does not say comes from its parents. Nothing when there is no pom, or it cannot be read. */
  async read(coordinates: Coordinates): Promise<PomFacts> {
    const chain: XmlElement[] = [];
    for (let next: Coordinates | undefined = coordinates; next !== undefined && chain.length < MOST_PARENTS;) {
      const pom: XmlElement | undefined = await this.#parse(next);
      if (pom === undefined) break;
      chain.push(pom);
      next = parentOf(pom);
    }
    return pomFacts(chain);
  }

  async #parse(coordinates: Coordinates): Promise<XmlElement | undefined> {
    const file = this.#index.pom(coordinates);
    if (file === undefined) return undefined;
    const known = this.#parsed.get(file);
    if (known !== undefined) return await known;
    const parsed = parseLeniently(readFileSync(file, 'utf8'), file);
    this.#parsed.set(file, parsed);
    return await parsed;
  }
}

/** The facts of a pom (first) and its parents. */
export function pomFacts(chain: readonly XmlElement[]): PomFacts {
  const [own] = chain;
  if (own === undefined) return NO_FACTS;
  const first = (name: string) => chain.map((pom) => xmlChild(pom, name)?.text).find((text) => text !== undefined && text !== '' && !text.includes('${'));
  const licences = chain.map((pom) => xmlChild(pom, 'licenses')?.children ?? []).find((list) => list.length > 0) ?? [];
  return {
    description: xmlChild(own, 'description')?.text.replace(/\s+/g, ' ').slice(0, 300) || undefined,
    homepage: first('url'),
    licences: licences.map((licence) => spdxLicence(xmlChild(licence, 'name')?.text ?? '', xmlChild(licence, 'url')?.text ?? '')).filter((text) => text !== ''),
    dependencies: chain.flatMap((pom) => xmlChild(pom, 'dependencies')?.children ?? []).flatMap((dependency) => runtimeDependency(dependency, own)),
  };
}

/** A pom of someone else must not end a build. */
export async function parseLeniently(text: string, file: string): Promise<XmlElement | undefined> {
  try {
    return await parseXmlFile(text, file);
  } catch (error) {
    if (error instanceof TspackError) return undefined;
    throw error;
  }
}

function parentOf(pom: XmlElement): Coordinates | undefined {
  const parent = xmlChild(pom, 'parent');
  const [groupId, artifactId, version] = ['groupId', 'artifactId', 'version'].map((name) => xmlChild(parent, name)?.text);
  return groupId === undefined || artifactId === undefined || version === undefined ? undefined : { groupId, artifactId, version };
}

function runtimeDependency(dependency: XmlElement, pom: XmlElement): readonly string[] {
  const scope = xmlChild(dependency, 'scope')?.text ?? 'compile';
  const [groupId, artifactId] = [xmlChild(dependency, 'groupId')?.text, xmlChild(dependency, 'artifactId')?.text];
  if (groupId === undefined || artifactId === undefined || !['compile', 'runtime'].includes(scope) || xmlChild(dependency, 'optional')?.text === 'true')
    return [];
  const ownGroup = xmlChild(pom, 'groupId')?.text ?? xmlAt(pom, 'parent', 'groupId')?.text ?? '';
  return [`${groupId.replace(/\$\{(?:project|pom)\.groupId\}/, ownGroup)}:${artifactId}`];
}
