import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { chooseRuntime, type BuildContext, type ChosenRuntime, type RuntimeSource } from '../../../../src/sdk/index.ts';
import { architectureUnsupported } from '../errors.ts';
import { choosePythonVersion, minorOf, type VersionRequest } from '../python-version.ts';
import { compileModules } from '../compile-modules.ts';
import type { Python } from '../python.ts';
import type { PythonInstaller } from '../sources/python-installer.ts';

const HEADERS = 'python-headers';

/** A version of Python, chosen but not installed yet. */
export type ChosenPython = ChosenRuntime<PythonInstaller>;

/** Chooses a version, and tells by which rule. Throws `PYTHON_ARCHITECTURE_UNSUPPORTED` and the errors of `chooseRuntime`. */
export async function choosePython(
  context: BuildContext,
  requests: readonly VersionRequest[],
  sources: readonly RuntimeSource<PythonInstaller>[],
): Promise<ChosenPython> {
  const { architecture } = context.target;
  if (!['amd64', 'arm64'].includes(architecture)) throw architectureUnsupported(architecture);
  const [first] = requests;
  const chosen = await chooseRuntime(context, {
    runtime: 'python',
    title: 'Python',
    sources,
    wanted: (versions) => choosePythonVersion(requests, versions)?.version,
    wantedText: first === undefined ? 'this target' : `"${first.text}" in ${first.source}`,
    nextStep: first === undefined ? 'Build for another architecture.' : `Change ${first.source} to a version that is offered, such as "3.13".`,
  });
  const { reason, warnings } = choosePythonVersion(requests, [chosen.version])!;
  context.choose({ name: 'Python', version: `${chosen.version} from ${chosen.source}`, reason });
  for (const warning of [...warnings, ...(chosen.found.warning === undefined ? [] : [chosen.found.warning])])
    context.log.warning(warning.message, warning.nextStep);
  return chosen;
}

/**
 * Installs Python into the layer `python` (launch, cache), without tests and tools of the standard library and with its modules
 * compiled, and its headers into `python-headers` (cache).
 */
export async function installPython(context: BuildContext, { version, source, found: installer }: ChosenPython): Promise<Python> {
  const inputs = [
    { name: 'Python version', value: version, readable: true },
    { name: 'its source', value: source, readable: true },
    { name: 'its packages', value: installer.key },
    { name: 'architecture', value: context.target.architecture, readable: true },
    { name: 'layer format', value: '1' },
  ];
  const python = (directory: string): Python => ({
    version,
    source: `${source} ${installer.key}`,
    executable: join(directory, 'usr/bin', `python${minorOf(version)}`),
    libraryDirectories: installer.libraryDirectories.map((folder) => join(directory, folder)),
    headersDirectory: join(context.layersDirectory, HEADERS, 'usr/include', `python${minorOf(version)}`),
  });
  const { layer } = await context.layer({
    name: 'python',
    title: `Python ${version}`,
    types: { launch: true, cache: true },
    inputs,
    create: async (runtime) => {
      const components = await installer.install(runtime.path);
      // Python looks for its headers here; they are there while building, and missing in the image.
      symlinkSync(`../../${HEADERS}/usr/include`, join(runtime.path, 'usr/include'));
      await compileModules(context, python(runtime.path), join(runtime.path, 'usr/lib', `python${minorOf(version)}`));
      const libraries = python(runtime.path).libraryDirectories;
      if (libraries.length > 0) runtime.setEnv('launch', 'LD_LIBRARY_PATH', 'prepend', libraries.join(':'), ':');
      runtime.setEnv('launch', 'PYTHONUNBUFFERED', 'default', '1');
      runtime.setEnv('launch', 'PYTHONDONTWRITEBYTECODE', 'default', '1');
      await runtime.writeSbom(
        {
          subject: { name: 'python', version },
          tool: { name: context.buildpack.id, version: context.buildpack.version },
          components: [
            {
              type: 'platform',
              name: 'python',
              version,
              purl: `pkg:generic/python@${version}`,
              description: 'The Python programming language',
              homepage: 'https://www.python.org/',
              licences: ['PSF-2.0'],
              locations: [python(runtime.path).executable],
            },
            ...components,
          ],
        },
        context.sbomFormats,
      );
      return {};
    },
  });
  await context.layer({
    name: HEADERS,
    title: 'headers of Python',
    types: { cache: true },
    inputs,
    create: async (headers) => {
      mkdirSync(headers.path, { recursive: true });
      await installer.installHeaders(headers.path);
      return {};
    },
  });
  return python(layer.path);
}
