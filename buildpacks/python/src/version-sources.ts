import type { BuildContext } from '../../../src/sdk/index.ts';
import { readApplicationFile } from './application-files.ts';
import type { Pyproject } from './manifests/pyproject.ts';
import { readPipfileVersion } from './manifests/pipfile-version.ts';
import { readPythonRequires } from './manifests/setup-files.ts';
import type { VersionSources } from './python-version.ts';
import { asText, tableAt } from './toml-values.ts';

/** Reads every place where an application can name a version of Python. */
export function readVersionSources({ applicationDirectory, env }: BuildContext, pyproject: Pyproject | undefined): VersionSources {
  const text = (file: string) => readApplicationFile(applicationDirectory, file);
  return {
    variable: env['BP_PYTHON_VERSION'] ?? env['BP_CPYTHON_VERSION'],
    pythonVersionFile: text('.python-version'),
    runtimeFile: text('runtime.txt'),
    pipfile: readPipfileVersion(text('Pipfile'), text('Pipfile.lock')),
    poetry: asText(tableAt(pyproject?.poetry ?? {}, 'dependencies')['python']),
    requiresPython: pyproject?.project?.requiresPython,
    setup: readPythonRequires(text('setup.cfg'), text('setup.py')),
  };
}
