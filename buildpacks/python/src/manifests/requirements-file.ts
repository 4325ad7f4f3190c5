import { readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { digestOf, isFile, isFolder } from '../../../../src/sdk/index.ts';
import { readApplicationFile } from '../application-files.ts';
import { requirementsInvalid, requirementsMissing } from '../errors.ts';
import { parseRequirement } from '../requirement.ts';
import type { LocalProject, WantedPackages } from '../wanted-packages.ts';

/** One line of a requirements file, continuations joined and comments dropped. */
export interface RequirementLine {
  readonly text: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Options that take a value, as far as their value tells something here. */
const INCLUDE = /^(?:-r|--requirement)(?:\s+|=|(?<=-r))(\S.*)$/;
const CONSTRAINT = /^(?:-c|--constraint)(?:\s+|=|(?<=-c))(\S.*)$/;
const EDITABLE = /^(?:-e|--editable)(?:\s+|=)(\S.*)$/;
const ARCHIVE = /\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz)$/;

/** Reads a requirements file and those that it includes, as pip does. Throws `PYTHON_REQUIREMENTS_INVALID` with file and line. */
export function readRequirements(applicationDirectory: string, file: string): WantedPackages {
  const files: string[] = [];
  const constraints: string[] = [];
  const kept: string[] = [];
  const projects: LocalProject[] = [];
  const archives: string[] = [];
  let pinned = true;

  const visit = (name: string, from: RequirementLine | undefined) => {
    if (files.includes(name)) return;
    const text = readApplicationFile(applicationDirectory, name);
    if (text === undefined) throw requirementsMissing(name, from);
    files.push(name);
    for (const line of splitRequirements(text, name)) {
      const beside = (path: string) => normalize(join(dirname(name), path.trim()));
      const included = INCLUDE.exec(line.text)?.[1];
      const constraint = CONSTRAINT.exec(line.text)?.[1];
      if (included !== undefined && !included.includes('://')) visit(beside(included), line);
      else if (constraint !== undefined && !constraint.includes('://')) {
        const path = beside(constraint);
        if (!isFile(applicationDirectory, path)) throw requirementsMissing(path, line);
        constraints.push(path);
        kept.push(`-c ${join(applicationDirectory, path)}`);
      } else {
        const project = readProjectLine(applicationDirectory, line);
        if (project === undefined) keepLine(line);
        else projects.push(project);
      }
    }
  };
  const keepLine = (line: RequirementLine) => {
    kept.push(line.text);
    if (line.text.startsWith('-')) return;
    const [requirementText = ''] = line.text.split(/\s+(?=--[a-z])/);
    const requirement = parseRequirement(requirementText);
    if (requirement === undefined) {
      const archive = localArchive(applicationDirectory, requirementText);
      if (archive === undefined && !requirementText.includes('://')) throw requirementsInvalid(line);
      if (archive !== undefined) archives.push(archive);
      return;
    }
    if (!requirement.specifier.includes('==') && requirement.url === undefined) pinned = false;
  };

  visit(normalize(file), undefined);
  // pip reads the file itself as long as no line has to be treated apart: its messages then name the user's lines.
  const lines = projects.length === 0 ? [`-r ${join(applicationDirectory, file)}`] : kept;
  return {
    source: file,
    steps: kept.length === 0 ? [] : [{ lines, options: [] }],
    projects,
    complete: false,
    pinned: pinned && projects.length === 0,
    content: JSON.stringify([kept, [...constraints, ...archives].map((path) => [path, digestOf(readFileSync(join(applicationDirectory, path)))])]),
  };
}

/** The logical lines of a requirements file. */
export function splitRequirements(text: string, file: string): readonly RequirementLine[] {
  const lines: RequirementLine[] = [];
  let open: { text: string; line: number } | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const comment = /^\s*#/.test(raw);
    const continued = !comment && raw.endsWith('\\');
    const part = comment ? '' : continued ? raw.slice(0, -1) : raw;
    open = { text: `${open?.text ?? ''}${part}`, line: open?.line ?? index + 1 };
    if (continued) continue;
    const content = open.text.replace(/(?:^|\s+)#.*$/s, '').trim();
    if (content !== '') lines.push({ text: content, file, line: open.line });
    open = undefined;
  }
  const rest = open?.text.trim() ?? '';
  if (open !== undefined && rest !== '') lines.push({ text: rest, file, line: open.line });
  return lines;
}

/** The folder that a line wants installed, such as `.[web]` or `-e ./library`; undefined for anything else. */
function readProjectLine(applicationDirectory: string, line: RequirementLine): LocalProject | undefined {
  const editable = EDITABLE.exec(line.text)?.[1];
  const text = (editable ?? line.text).replace(/\s+;.*$/s, '').trim();
  const named = /^[A-Za-z0-9._-]+\s*(?:\[[^\]]*\])?\s*@\s*(?=file:)/.exec(text)?.[0] ?? '';
  const [, address, extrasText = ''] = /^(.*?)(?:\[([^\]]*)\])?$/s.exec(text.slice(named.length)) as unknown as [string, string, string | undefined];
  const isFileAddress = address.startsWith('file:');
  const path = address.replace(/^file:(?:\/\/)?/, '').trim();
  // Without a slash it is the name of a package, unless something else says that it is a place.
  const isPlace = isFileAddress || editable !== undefined || path.includes('/') || /^\.{1,2}$/.test(path);
  if (path === '' || !isPlace || (address.includes('://') && !isFileAddress)) return undefined;
  const directory = relative(applicationDirectory, join(path.startsWith('/') ? '' : applicationDirectory, path)) || '.';
  if (ARCHIVE.test(path) || !isFolder(applicationDirectory, directory)) {
    if (editable === undefined || editable.includes('://')) return undefined;
    throw requirementsInvalid(line);
  }
  const extras = `${extrasText},${/\[([^\]]*)\]/.exec(named)?.[1] ?? ''}`.split(',').map((extra) => extra.trim());
  return { directory, extras: extras.filter((extra) => extra !== ''), editable: editable !== undefined, source: `${line.file}:${line.line}` };
}

function localArchive(applicationDirectory: string, text: string): string | undefined {
  const path = text
    .replace(/\s+;.*$/s, '')
    .replace(/^file:(?!\/)/, '')
    .trim();
  return ARCHIVE.test(path) && isFile(applicationDirectory, path) ? path : undefined;
}
