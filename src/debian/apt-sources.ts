import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseControl } from './control.ts';

/** A text of the host's apt configuration. */
export interface AptSourceFile {
  readonly path: string;
  readonly text: string;
}

/** One address of an apt configuration with what it is used for (sources.list(5)). */
export interface AptEntry {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** File names, fingerprints or an embedded key, as written. */
  readonly signedBy: string | undefined;
}

/**
 * Reads `sources.list` and what lies in `sources.list.d` of an apt configuration folder (`/etc/apt`). Files that are
 * not there, or that this user may not read, are left out. `mirror+file:` entries name files, which are read as well.
 */
export function readAptSources(directory: string): readonly AptSourceFile[] {
  const parts = join(directory, 'sources.list.d');
  const names = existsSync(parts)
    ? readdirSync(parts)
        .filter((name) => /\.(list|sources)$/.test(name))
        .sort()
    : [];
  const files = [join(directory, 'sources.list'), ...names.map((name) => join(parts, name))].flatMap(readText);
  const lists = files.flatMap(({ text }) => [...text.matchAll(/mirror\+file:(?:\/\/)?(\/[^\s]+)/g)].map((match) => match[1]!));
  return [...files, ...[...new Set(lists)].flatMap(readText)];
}

function readText(path: string): readonly AptSourceFile[] {
  try {
    return [{ path, text: readFileSync(path, 'utf8') }];
  } catch {
    return [];
  }
}

/** The entries for binary packages, in the order of the files. Disabled ones are left out. */
export function parseAptSources(files: readonly AptSourceFile[]): readonly AptEntry[] {
  const entries = files.flatMap(({ path, text }) => {
    if (path.endsWith('.sources')) return parseDeb822(text);
    return path.endsWith('.list') && text.split('\n').some((line) => /^\s*deb\s/.test(line)) ? parseOneLine(text) : [];
  });
  return entries.flatMap((entry) => {
    const list = /^mirror\+file:(?:\/\/)?(\/.*)$/.exec(entry.uri)?.[1];
    if (list === undefined) return [entry];
    const found = files.find(({ path }) => path === list);
    return (found?.text ?? '')
      .split('\n')
      .map((line) => line.trim().split(/\s+/)[0] ?? '')
      .filter((uri) => uri !== '' && !uri.startsWith('#'))
      .map((uri) => ({ ...entry, uri }));
  });
}

/** `deb [signed-by=FILE] URI SUITE COMPONENT...`. */
function parseOneLine(text: string): readonly AptEntry[] {
  return text.split('\n').flatMap((line): AptEntry[] => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)((?:\s+[^\s#]+)*)\s*(?:#.*)?$/.exec(line);
    if (match === null) return [];
    const [, options = '', uri, suite, components = ''] = match;
    return [
      {
        uri: uri!,
        suites: [suite!],
        components: words(components),
        signedBy: /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1],
      },
    ];
  });
}

function parseDeb822(text: string): readonly AptEntry[] {
  return parseControl(text).flatMap((fields) => {
    const isUsed = words(fields.get('types')).includes('deb') && !/^(no|false|0|off|disable|without)$/i.test(fields.get('enabled') ?? 'yes');
    if (!isUsed) return [];
    const suites = words(fields.get('suites'));
    const components = words(fields.get('components'));
    return words(fields.get('uris')).map((uri) => ({ uri, suites, components, signedBy: fields.get('signed-by') }));
  });
}

function words(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
