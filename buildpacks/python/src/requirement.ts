import { parseMarker, type Marker } from './markers.ts';
import { isSpecifier } from './specifiers.ts';

/** One dependency: a project, and which of its versions (PEP 508). */
export interface Requirement {
  /** As written. */
  readonly name: string;
  readonly extras: readonly string[];
  /** `>=1.0,<2`; empty for any version. */
  readonly specifier: string;
  /** Where it is, for one that is not looked up in an index. */
  readonly url: string | undefined;
  readonly marker: Marker | undefined;
}

const NAME = /^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*/;

/** Parses a requirement; undefined when the text is none. */
export function parseRequirement(text: string): Requirement | undefined {
  const head = NAME.exec(text);
  if (head === null) return undefined;
  const [whole, name, extrasText = ''] = head as unknown as [string, string, string | undefined];
  const extras = extrasText
    .split(',')
    .map((extra) => extra.trim())
    .filter((extra) => extra !== '');
  const rest = text.slice(whole.length);
  if (rest.startsWith('@')) {
    // A semicolon may be part of an address; only one after a space begins a marker.
    const [, url, markerText] = /^@\s*(\S+)(?:\s+;(.*))?\s*$/s.exec(rest) ?? [];
    if (url === undefined) return undefined;
    return withMarker({ name, extras, specifier: '', url }, markerText);
  }
  const semicolon = rest.indexOf(';');
  const specifier = (semicolon === -1 ? rest : rest.slice(0, semicolon)).trim().replace(/^\((.*)\)$/s, '$1');
  if (!isSpecifier(specifier)) return undefined;
  return withMarker({ name, extras, specifier: specifier.replace(/\s+/g, ''), url: undefined }, semicolon === -1 ? undefined : rest.slice(semicolon + 1));
}

function withMarker(requirement: Omit<Requirement, 'marker'>, text: string | undefined): Requirement | undefined {
  if (text === undefined) return { ...requirement, marker: undefined };
  const marker = parseMarker(text);
  return marker === undefined ? undefined : { ...requirement, marker };
}

/** The requirement as pip reads it, without its marker. */
export function formatRequirement({ name, extras, specifier, url }: Pick<Requirement, 'name' | 'extras' | 'specifier' | 'url'>): string {
  const extrasText = extras.length === 0 ? '' : `[${extras.join(',')}]`;
  return url === undefined ? `${name}${extrasText}${specifier}` : `${name}${extrasText} @ ${url}`;
}
