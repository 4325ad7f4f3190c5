import {
  because,
  describeFolder,
  detectedWithFrontend,
  findNearMisses,
  findNodeServer,
  isFile,
  notDetected,
  placeOf,
  readProcfile,
} from '../../../src/sdk/index.ts';
import type { DetectContext, DetectOutcome } from '../../../src/sdk/index.ts';
import { readApplicationFile } from './application-files.ts';
import { MAIN_FILES } from './start/main-files.ts';

/** Files of tools that every Python application has one of. */
const MANIFESTS = ['requirements.txt', 'uv.lock', 'poetry.lock', 'Pipfile', 'Pipfile.lock', 'setup.py'];
const LOOKED_FOR = ['requirements.txt', 'pyproject.toml', 'Pipfile', 'setup.py', 'main.py', 'app.py'];

/** Tables of pyproject.toml and sections of setup.cfg that only a Python project has. */
const PYPROJECT_TABLES = /^\s*\[\s*(?:project|build-system|tool\.poetry)\s*[\].]/m;
const SETUP_SECTIONS = /^\s*\[(?:metadata|options)\]/m;
const SETTINGS = new RegExp(`${PYPROJECT_TABLES.source}|${SETUP_SECTIONS.source}`);

/** Passes for more than build can handle, so that build can explain what is missing. */
export function detect(context: DetectContext): DetectOutcome {
  const { applicationDirectory } = context;
  const entry = [...MAIN_FILES, 'manage.py'].find((file) => isFile(applicationDirectory, file));
  const manifest = [...MANIFESTS, ...settingsFiles(context)].find((file) => isFile(applicationDirectory, file));
  const nodeServer = entry === undefined || manifest === undefined ? findNodeServer(applicationDirectory) : undefined;
  if (nodeServer !== undefined && !procfileStartsPython(applicationDirectory))
    return notDetected({ lookedFor: ['Python entry point'], note: `${nodeServer} starts it` });
  if (entry === undefined && manifest === undefined)
    return notDetected({
      lookedFor: LOOKED_FOR,
      nearMisses: findNearMisses(applicationDirectory, ['requirements.txt', 'pyproject.toml']),
      note: describeFolder(applicationDirectory),
    });
  const found = [...(manifest === undefined ? [] : [placeOf(applicationDirectory, manifest, SETTINGS)]), ...(entry === undefined ? [] : [entry])];
  return because(found, detectedWithFrontend(applicationDirectory, { provides: ['python'], requires: ['python'] }));
}

/** pyproject.toml and setup.cfg hold the settings of formatters in repositories of any language. */
function settingsFiles({ applicationDirectory }: DetectContext): readonly string[] {
  const tells = (file: string, pattern: RegExp) => isFile(applicationDirectory, file) && pattern.test(readApplicationFile(applicationDirectory, file)!);
  return [...(tells('pyproject.toml', PYPROJECT_TABLES) ? ['pyproject.toml'] : []), ...(tells('setup.cfg', SETUP_SECTIONS) ? ['setup.cfg'] : [])];
}

function procfileStartsPython(applicationDirectory: string): boolean {
  const web = readProcfile(applicationDirectory).find(({ type }) => type === 'web');
  return web !== undefined && !/^(?:node|npm|npx|yarn|pnpm|bun)\b/.test(web.command);
}
