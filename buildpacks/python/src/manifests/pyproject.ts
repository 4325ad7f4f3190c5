import { parseToml } from '../../../../src/sdk/index.ts';
import { readApplicationFile } from '../application-files.ts';
import { pyprojectInvalid } from '../errors.ts';
import { parseRequirement } from '../requirement.ts';
import { asText, isTable, tableAt, type Table } from '../toml-values.ts';

/** A pyproject.toml, as far as this buildpack reads it (PEP 518, PEP 621). */
export interface Pyproject {
  readonly table: Table;
  /** `[project]`; undefined without one. */
  readonly project: ProjectTable | undefined;
  /** Whether it says how it is built, and so is a package to be installed. */
  readonly hasBuildSystem: boolean;
  /** `[tool.poetry]`; undefined without one. */
  readonly poetry: Table | undefined;
  /** `[tool.uv]`; an empty table without one. */
  readonly uv: Table;
}

/** `[project]` (PEP 621). */
export interface ProjectTable {
  readonly name: string | undefined;
  readonly requiresPython: string | undefined;
  readonly dependencies: readonly string[];
  /** Names of programs that the project installs. */
  readonly scripts: readonly string[];
}

/** Reads the pyproject.toml of a folder of the application; undefined without one. Throws `TOML_INVALID` and `PYTHON_MANIFEST_INVALID`. */
export function readPyproject(applicationDirectory: string, folder = '.'): Pyproject | undefined {
  const file = folder === '.' ? 'pyproject.toml' : `${folder}/pyproject.toml`;
  const text = readApplicationFile(applicationDirectory, file);
  return text === undefined ? undefined : parsePyproject(text, file);
}

/** Parses the text of a pyproject.toml. Throws `TOML_INVALID` and `PYTHON_MANIFEST_INVALID`. */
export function parsePyproject(text: string, file = 'pyproject.toml'): Pyproject {
  const table = parseToml(text.replace(/^\uFEFF/, ''), file);
  const project = tableAt(table, 'project');
  const poetry = tableAt(table, 'tool')['poetry'];
  const result: Pyproject = {
    table,
    project: isTable(table['project']) ? readProject(project, text, file) : undefined,
    hasBuildSystem: isTable(table['build-system']),
    poetry: isTable(poetry) ? poetry : undefined,
    uv: tableAt(table, 'tool', 'uv'),
  };
  return result;
}

function readProject(project: Table, text: string, file: string): ProjectTable {
  const requirements = (value: unknown, key: string): readonly string[] => {
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw pyprojectInvalid(file, undefined, `"${key}" must be a list of requirements`);
    for (const member of value) {
      if (typeof member !== 'string' || parseRequirement(member) === undefined)
        throw pyprojectInvalid(file, lineOf(text, String(member)), `"${String(member)}" in "${key}" is not a requirement`);
    }
    return value as string[];
  };
  for (const [extra, value] of Object.entries(tableAt(project, 'optional-dependencies'))) requirements(value, `optional-dependencies.${extra}`);
  return {
    name: asText(project['name']),
    requiresPython: asText(project['requires-python']),
    dependencies: requirements(project['dependencies'], 'dependencies'),
    scripts: Object.keys(tableAt(project, 'scripts')),
  };
}

/** The line, from 1, that holds a text; undefined when none does as it stands. */
export function lineOf(text: string, part: string): number | undefined {
  const at = text.indexOf(part);
  return at === -1 ? undefined : text.slice(0, at).split('\n').length;
}
