import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isFile, isFolder, readProcfile, startsWeb } from '../../../../src/sdk/index.ts';
import type { Manifest } from '../manifest.ts';
import { scriptProgram } from '../start/script-program.ts';
import { GENERATORS, hasPackage, type Generator } from './generators.ts';

/** An application that a web server serves as files once its build script has run. */
export interface StaticSite {
  readonly generator: string;
  /** Folders that the files may be in, relative to the root of the source, the likeliest first; `*` is one folder name. */
  readonly output: readonly string[];
  readonly spa: boolean;
}

/**
 * Tells whether the application in `directory` is a static site: a known generator, a script that builds, and nothing that starts a
 * server. A `start` script that is the generator's own development server counts as none. `part` is put before the paths of the answer.
 */
export function findStaticSite(directory: string, manifest: Manifest, scripts: readonly string[], part = ''): StaticSite | undefined {
  const folder = join(directory, part);
  const readFirst = (names: readonly string[]) => readText(folder, names);
  const generator = GENERATORS.find(({ packages }) => packages.some((name) => hasPackage(manifest, name)));
  if (generator === undefined || generator.isStatic?.({ manifest, readFirst }) === false) return undefined;
  if (scripts.length === 0 || startsServer(folder, manifest, generator)) return undefined;
  const named = outputOf(manifest, scripts, readFirst);
  return { generator: generator.name, spa: generator.spa, output: [...named, ...generator.output].map((path) => (part === '' ? path : `${part}/${path}`)) };
}

function readText(folder: string, names: readonly string[]): string {
  for (const name of names) {
    if (isFile(join(folder, name))) return readFileSync(join(folder, name), 'utf8');
  }
  return '';
}

/** A folder that the build script or the settings of Vite and Angular name by a plain word. */
function outputOf(manifest: Manifest, scripts: readonly string[], readFirst: (names: readonly string[]) => string): readonly string[] {
  const lines = scripts.map((name) => manifest.scripts[name] ?? '').join('\n');
  const vite = readFirst(['ts', 'mts', 'js', 'mjs'].map((extension) => `vite.config.${extension}`));
  const found =
    /--(?:outDir|out-dir|output|output-path|dist-dir|dest)[= ]['"]?([\w./-]+)/.exec(lines)?.[1] ?? /\boutDir\s*:\s*['"]([\w./-]+)['"]/.exec(vite)?.[1];
  const path = found?.replace(/^\.\//, '').replace(/\/+$/, '');
  return path === undefined || path === '' || path.startsWith('/') || path.split('/').includes('..') ? [] : [path];
}

const PRODUCTION_SCRIPTS = ['start', 'start:prod', 'start:production', 'serve:ssr'];
/** Programs that run others, watch files, or play a host of web sites. */
const DEVELOPER_TOOLS = new Set([
  'concurrently',
  'run-p',
  'run-s',
  'npm-run-all',
  'npm-run-all2',
  'nodemon',
  'live-server',
  'browser-sync',
  'netlify',
  'vercel',
  'wrangler',
  'firebase',
  'lite-server',
]);

function startsServer(folder: string, manifest: Manifest, generator: Generator): boolean {
  if (startsWeb(readProcfile(folder))) return true;
  if (PRODUCTION_SCRIPTS.some((name) => manifest.scripts[name] !== undefined && !isForDevelopers(manifest.scripts[name], manifest, generator))) return true;
  if (['server.js', 'server.mjs', 'server.cjs'].some((name) => isFile(join(folder, name)))) return true;
  const { main } = manifest;
  return main !== undefined && isFile(join(folder, main)) && !/(?:^\.|\.config\.|^(?:gulp|grunt)file)/i.test(basename(main));
}

/** Whether a `start` script only serves the pages while they are being written. */
function isForDevelopers(line: string, manifest: Manifest, generator: Generator): boolean {
  const { program, args } = scriptProgram(line, manifest.scripts);
  if (program === 'node') return (args[0] ?? '').includes('node_modules/') && generator.programs.some((own) => args[0]!.includes(own));
  return (
    generator.programs.includes(program) ||
    DEVELOPER_TOOLS.has(program) ||
    (manifest.devDependencies[program] !== undefined && manifest.dependencies[program] === undefined)
  );
}

/** The first of the paths, with their `*` replaced, that is a folder. */
export function findOutput(directory: string, paths: readonly string[]): string | undefined {
  return paths.flatMap((path) => expand(directory, path.split('/'))).find((path) => isFolder(join(directory, path)));
}

function expand(directory: string, parts: readonly string[], before = ''): readonly string[] {
  const at = parts.indexOf('*');
  if (at === -1) return [join(before, ...parts)];
  const folder = join(before, ...parts.slice(0, at));
  if (!isFolder(join(directory, folder))) return [];
  return readdirSync(join(directory, folder))
    .sort()
    .filter((name) => name !== 'node_modules')
    .flatMap((name) => expand(directory, parts.slice(at + 1), join(folder, name)));
}
