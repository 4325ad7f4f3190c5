import { joinNames, TspackError } from '../../../src/sdk/index.ts';

// Every word that a user reads when something is wrong with the application's files is in this file; what pip says is told in pip-errors.ts.

export function manifestNotAFile(file: string): TspackError {
  return new TspackError({
    code: 'PYTHON_MANIFEST_INVALID',
    message: `Cannot read ${file}: it is not a file`,
    nextStep: 'Give the folder or device another name.',
  });
}

export function pyprojectInvalid(file: string, line: number | undefined, problem: string): TspackError {
  return new TspackError({
    code: 'PYTHON_MANIFEST_INVALID',
    message: `Cannot use ${file}${line === undefined ? '' : `:${line}`}: ${problem}`,
    nextStep: 'Write requirements such as "flask>=3,<4".',
  });
}

export function pipfileInvalid(name: string, version: string): TspackError {
  return new TspackError({
    code: 'PYTHON_MANIFEST_INVALID',
    message: `Cannot use Pipfile: "${version}" for "${name}" is neither "*" nor a list of versions`,
    nextStep: `Write a version such as "==1.2.3" for ${name} in Pipfile.`,
  });
}

export function poetryConstraintInvalid(name: string, constraint: string): TspackError {
  return new TspackError({
    code: 'PYTHON_MANIFEST_INVALID',
    message: `Cannot use pyproject.toml: "${constraint}" for "${name}" in [tool.poetry.dependencies] is no version range that pip can read`,
    nextStep: 'Run `poetry lock` and commit poetry.lock.',
  });
}

export function requirementsInvalid({ file, line, text }: { readonly file: string; readonly line: number; readonly text: string }): TspackError {
  return new TspackError({
    code: 'PYTHON_REQUIREMENTS_INVALID',
    message: `Cannot read ${file}:${line}: "${text}" is neither a requirement nor an option nor a folder or archive of the application`,
    nextStep: 'Write one requirement per line, such as "flask>=3,<4".',
  });
}

export function requirementsMissing(file: string, from: { readonly file: string; readonly line: number } | undefined): TspackError {
  return new TspackError({
    code: 'PYTHON_REQUIREMENTS_INVALID',
    message: `Cannot read ${file}${from === undefined ? '' : `, which ${from.file}:${from.line} names`}: it does not exist`,
    nextStep: from === undefined ? `Make ${file}, or unset BP_PYTHON_REQUIREMENTS.` : `Commit ${file}, or remove the line.`,
  });
}

export function lockInvalid(file: string, problem: string, command: string): TspackError {
  return new TspackError({ code: 'PYTHON_LOCK_INVALID', message: `Cannot use ${file}: ${problem}`, nextStep: `Run \`${command}\` and commit ${file}.` });
}

export function lockOutOfStep(file: string, manifest: string, difference: string, command: string): TspackError {
  return new TspackError({
    code: 'PYTHON_LOCK_OUT_OF_STEP',
    message: `Cannot install: ${file} does not match ${manifest}: ${difference}`,
    nextStep: `Run \`${command}\` and commit ${file}.`,
  });
}

export function packageManagerUnknown(name: string, known: readonly string[]): TspackError {
  return new TspackError({
    code: 'PYTHON_PACKAGE_MANAGER_UNKNOWN',
    message: `Cannot read packages for "${name}", which BP_PYTHON_PACKAGE_MANAGER names: want ${joinNames(known)}`,
    nextStep: 'Correct BP_PYTHON_PACKAGE_MANAGER, or unset it.',
  });
}

export function pythonVersionInvalid(text: string, source: string): TspackError {
  return new TspackError({
    code: 'PYTHON_VERSION_INVALID',
    message: `Cannot choose a Python version: "${text}" in ${source} is neither a version nor a range`,
    nextStep: `Write a version such as "3.13" in ${source}.`,
  });
}

export function architectureUnsupported(architecture: string): TspackError {
  return new TspackError({
    code: 'PYTHON_ARCHITECTURE_UNSUPPORTED',
    message: `Cannot install Python for the architecture "${architecture}": want amd64 or arm64`,
    nextStep: 'Build for linux/amd64 or linux/arm64.',
  });
}

export function projectOutside(directory: string, source: string): TspackError {
  return new TspackError({
    code: 'PYTHON_REQUIREMENTS_INVALID',
    message: `Cannot install "${directory}", which ${source} names: it is not in the application's folder`,
    nextStep: 'Build from the folder that holds both, or move it into the application.',
  });
}

export function wheelWithoutMetadata(wheel: string): TspackError {
  return new TspackError({
    code: 'PYTHON_PROJECT_BROKEN',
    message: `Cannot install the application's own package: ${wheel} has no METADATA`,
    nextStep: 'Check the build backend that [build-system] in pyproject.toml names.',
  });
}

export function startMissing(lookedFor: readonly string[]): TspackError {
  return new TspackError({
    code: 'PYTHON_START_MISSING',
    message: `Cannot tell how to start the application: found none of ${joinNames(lookedFor)}`,
    nextStep: 'Add a Procfile with a line such as "web: gunicorn module:app --bind 0.0.0.0:$PORT".',
  });
}

export function serverMissing(application: string, framework: string, server: string): TspackError {
  return new TspackError({
    code: 'PYTHON_SERVER_MISSING',
    message: `Cannot start ${application}: it is a ${framework} application, and no server for it is among the packages`,
    nextStep: `Add ${server} to the packages, or a Procfile with a line "web: ...".`,
  });
}

export function collectstaticFailed(exit: string): TspackError {
  return new TspackError({
    code: 'PYTHON_COLLECTSTATIC_FAILED',
    message: `Cannot collect the static files: python manage.py collectstatic ended with ${exit}`,
    nextStep: 'Give the build the variables that the settings want (--env NAME=value), or set BP_DJANGO_COLLECTSTATIC=false.',
  });
}
