import { readApplicationFile } from './application-files.ts';
import { poetryConstraintInvalid } from './errors.ts';
import { readPipfile, readPipfileLock } from './locks/pipfile-lock.ts';
import { readPoetryLock } from './locks/poetry-lock.ts';
import { readUvLock } from './locks/uv-lock.ts';
import type { Pyproject } from './manifests/pyproject.ts';
import { readRequirements } from './manifests/requirements-file.ts';
import type { MarkerEnvironment } from './markers.ts';
import type { ChosenSource } from './package-sources.ts';
import { formatRequirement } from './requirement.ts';
import { fromPoetryConstraint } from './specifiers.ts';
import { asText, asTexts, isTable, tableAt, type Table } from './toml-values.ts';
import { nothingWanted, type InstallStep, type WantedPackages } from './wanted-packages.ts';

/** Reads the file that decides about the packages, whichever tool it belongs to. */
export function readWantedPackages(inputs: {
  readonly applicationDirectory: string;
  readonly source: ChosenSource | undefined;
  readonly pyproject: Pyproject | undefined;
  readonly environment: MarkerEnvironment;
}): WantedPackages {
  const { applicationDirectory, source, pyproject, environment } = inputs;
  const text = (file: string) => readApplicationFile(applicationDirectory, file);
  switch (source?.kind) {
    case undefined:
      return nothingWanted('the application');
    case 'uv.lock':
      return readUvLock(text('uv.lock')!, pyproject!, environment);
    case 'poetry.lock':
      return readPoetryLock(text('poetry.lock')!, pyproject!, environment);
    case 'Pipfile.lock':
      return readPipfileLock(text('Pipfile.lock')!, text('Pipfile'), environment);
    case 'requirements.txt':
      return readRequirements(applicationDirectory, source.file);
    case 'Pipfile':
      return readPipfile(text('Pipfile')!);
    case 'pyproject.toml':
      return fromPyproject(pyproject!);
    case 'setup.py':
    case 'setup.cfg':
      return installApplication(source.kind);
  }
}

/** A project that says how it is built is installed with what it needs; otherwise only what it needs is. */
function fromPyproject(pyproject: Pyproject): WantedPackages {
  const { project, poetry, hasBuildSystem, uv } = pyproject;
  const isPackage = uv['package'] !== false && poetry?.['package-mode'] !== false && (hasBuildSystem || uv['package'] === true);
  if (isPackage) return installApplication('pyproject.toml');
  const lines = [...(project?.dependencies ?? []), ...poetryLines(tableAt(poetry ?? {}, 'dependencies'))];
  const steps: readonly InstallStep[] = lines.length === 0 ? [] : [{ lines, options: [] }];
  return { ...nothingWanted('pyproject.toml'), steps, content: JSON.stringify(lines), pinned: lines.every((line) => /===?[^*]+$/.test(line)) };
}

function installApplication(source: string): WantedPackages {
  const project = { directory: '.', extras: [], editable: false, source };
  return { ...nothingWanted(source), projects: [project], complete: false, pinned: false };
}

/** Poetry's own table of dependencies, without a lock, as lines for pip. */
function poetryLines(dependencies: Table): readonly string[] {
  return Object.entries(dependencies).flatMap(([name, value]) => {
    if (name === 'python') return [];
    const table = isTable(value) ? value : { version: value };
    if (table['optional'] === true) return [];
    const constraint = asText(table['version']) ?? '*';
    const specifier = fromPoetryConstraint(constraint);
    // pip knows no alternatives.
    if (specifier?.length !== 1) throw poetryConstraintInvalid(name, constraint);
    const git = asText(table['git']);
    const reference = asText(table['rev']) ?? asText(table['tag']) ?? asText(table['branch']) ?? 'HEAD';
    const url = git === undefined ? asText(table['url']) : `git+${git}@${reference}`;
    const line = formatRequirement({ name, extras: asTexts(table['extras']), specifier: url === undefined ? specifier[0]! : '', url });
    const markers = asText(table['markers']);
    return [markers === undefined ? line : `${line} ; ${markers}`];
  });
}
