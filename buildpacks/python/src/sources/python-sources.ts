import type { BuildContext, RuntimeSource } from '../../../../src/sdk/index.ts';
import { buildStandaloneSource } from './build-standalone.ts';
import { debianSource } from './debian.ts';
import type { PythonInstaller } from './python-installer.ts';

/** Where Python comes from, in the order in which the places count (`TSPACK_PYTHON_SOURCES` sets another). */
export function pythonSources(context: BuildContext): readonly RuntimeSource<PythonInstaller>[] {
  return [debianSource(context), buildStandaloneSource(context)];
}
