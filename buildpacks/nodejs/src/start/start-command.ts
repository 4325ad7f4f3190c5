import { parseSimpleCommand } from '../../../../src/sdk/index.ts';
import { startMissing, startNeedsDevDependency } from '../errors.ts';
import type { Manifest } from '../manifest.ts';
import type { FrameworkServer } from './framework-server.ts';
import type { ProcessVariable } from './process-variable.ts';
import { scriptProgram } from './script-program.ts';

/** What is known of the built application. Paths are relative to it. */
export interface BuiltApplication {
  readonly manifest: Manifest | undefined;
  /** As it is typed: `npm`, `yarn`, `pnpm`. */
  readonly manager: string;
  /** What a framework's build made, when it is known. */
  readonly framework: FrameworkServer | undefined;
  isFile(path: string): boolean;
  isDirectory(path: string): boolean;
  /** The JavaScript file that `node_modules/.bin/<program>` runs, as `node_modules/next/dist/bin/next`. `foreign` when it is no JavaScript. undefined when there is none in the image. */
  resolveProgram(program: string): { readonly script: string } | 'foreign' | undefined;
  /** Whether only the packages that were pruned had the program. */
  isDevelopmentProgram(program: string): boolean;
}

/** A process of the image. */
export interface StartProcess {
  readonly type: string;
  readonly command: readonly string[];
  /** Variables that its command line or its framework wants. */
  readonly env: readonly ProcessVariable[];
  /** What was chosen and why, for the log. */
  readonly explanation: string;
  /** Whether it runs the package manager. */
  readonly needsManager: boolean;
  /** Set when it is the framework's server. */
  readonly framework?: FrameworkServer;
  readonly warnings: readonly string[];
}

type Resolution =
  | { readonly kind: 'direct'; readonly command: readonly string[]; readonly env: readonly ProcessVariable[]; readonly warnings: readonly string[] }
  | { readonly kind: 'shell'; readonly why: string; readonly warnings?: readonly string[] }
  | { readonly kind: 'development'; readonly program: string };

const PRODUCTION_SCRIPTS = ['start:prod', 'start:production'] as const;
const MANAGERS: readonly string[] = ['npm', 'yarn', 'pnpm'];
const FILES = [
  'server.js',
  'server.mjs',
  'server.cjs',
  'index.js',
  'index.mjs',
  'index.cjs',
  'app.js',
  'app.mjs',
  'app.cjs',
  'main.js',
  'main.mjs',
  'main.cjs',
] as const;

/**
 * Decides how the image starts: scripts.start (or start:prod, start:production when that needs devDependencies), the server that a
 * framework's build made, then `main`, then well-known file names. Throws `NODE_START_MISSING` and `NODE_START_NEEDS_DEV_DEPENDENCY`.
 */
export function chooseWebProcess(application: BuiltApplication): StartProcess {
  const { manifest, framework } = application;
  const fromScript = manifest === undefined ? undefined : chooseScript(manifest, application);
  if (fromScript !== undefined) return fromScript;
  if (framework !== undefined) return frameworkProcess(framework);
  const main = manifest?.main;
  const mainFile = main === undefined ? undefined : resolveFile(main, application);
  if (mainFile !== undefined) return nodeProcess(mainFile, `"main" in package.json is ${main!}`);
  const file = FILES.find((name) => application.isFile(name));
  if (file !== undefined) return nodeProcess(file, `${file} is there`);
  throw startMissing([
    'a Procfile',
    ...(manifest === undefined ? [] : ['a "start" script', main === undefined ? '"main" in package.json' : `the file "${main}" that "main" names`]),
    'server.js',
    'index.js',
    'app.js',
  ]);
}

function frameworkProcess(framework: FrameworkServer): StartProcess {
  const { file, env } = framework;
  return {
    type: 'web',
    command: ['node', file],
    env,
    explanation: `node ${file}: the server that ${framework.framework} made`,
    needsManager: false,
    warnings: [],
    framework,
  };
}

function nodeProcess(file: string, why: string): StartProcess {
  return { type: 'web', command: ['node', file], env: [], explanation: `node ${file}: ${why}`, needsManager: false, warnings: [] };
}

function chooseScript(manifest: Manifest, application: BuiltApplication): StartProcess | undefined {
  const start = manifest.scripts['start'];
  if (start === undefined) {
    const production = PRODUCTION_SCRIPTS.find((name) => manifest.scripts[name] !== undefined);
    return production === undefined
      ? undefined
      : scriptProcess(production, resolveScript(production, manifest, application), application, manifest, 'there is no "start" script');
  }
  const { framework } = application;
  // The framework's own program starts what its build made, or serves developers.
  const replaced = framework?.programs.includes(scriptProgram(start, manifest.scripts).program) === true;
  if (replaced && framework.selfContained) return undefined;
  const resolution = replaced ? ({ kind: 'development', program: framework.programs[0]! } as const) : resolveScript('start', manifest, application);
  if (resolution.kind !== 'development') return scriptProcess('start', resolution, application, manifest, undefined);
  for (const name of PRODUCTION_SCRIPTS) {
    if (manifest.scripts[name] === undefined) continue;
    const other = resolveScript(name, manifest, application);
    if (other.kind !== 'development')
      return scriptProcess(name, other, application, manifest, `"start" runs "${resolution.program}", which only devDependencies have`);
  }
  if (framework !== undefined) return undefined;
  throw startNeedsDevDependency('start', resolution.program);
}

function scriptProcess(name: string, resolution: Resolution, { manager }: BuiltApplication, manifest: Manifest, why: string | undefined): StartProcess {
  const reason = why === undefined ? '' : `; ${why}`;
  if (resolution.kind === 'direct') {
    const { command, env, warnings } = resolution;
    return {
      type: 'web',
      command,
      env,
      explanation: `${command.join(' ')}: from the "${name}" script (${manifest.scripts[name]!})${reason}`,
      needsManager: false,
      warnings,
    };
  }
  const problem = resolution.kind === 'shell' ? resolution.why : `"${resolution.program}" is only in devDependencies`;
  const command = name === 'start' ? [manager, 'start'] : [manager, 'run', name];
  return {
    type: 'web',
    command,
    env: [],
    explanation: `${command.join(' ')}: the "${name}" script cannot be started directly, because ${problem}${reason}`,
    needsManager: true,
    warnings: [
      `${manager} does not pass every signal on to the application; a start script such as "node server.js" is started directly`,
      ...warningsOf(resolution),
    ],
  };
}

function resolveScript(name: string, manifest: Manifest, application: BuiltApplication, depth = 0): Resolution {
  const hook = [`pre${name}`, `post${name}`].find((other) => manifest.scripts[other] !== undefined);
  if (hook !== undefined) return { kind: 'shell', why: `there is a "${hook}" script` };
  const text = manifest.scripts[name];
  if (text === undefined) return { kind: 'shell', why: `there is no "${name}" script` };
  return resolveCommandLine(text, application, depth);
}

/** A command line as a process without npm and shell, where that is safe. */
function resolveCommandLine(text: string, application: BuiltApplication, depth: number): Resolution {
  const parsed = parseSimpleCommand(text);
  if (parsed === undefined) {
    // The program of a combined command line tells as much about devDependencies.
    const program = /^[A-Za-z0-9@._/-]+/.exec(text.trim())?.[0];
    if (program !== undefined && application.resolveProgram(program) === undefined && application.isDevelopmentProgram(program))
      return { kind: 'development', program };
    // What comes first runs before anything else of the line could make the file.
    const [start = '', ...args] = text.trim().split(/[;&|]/, 1)[0]!.trim().split(/\s+/);
    return { kind: 'shell', why: 'it needs a shell', warnings: start === 'node' ? missingFile(args, application) : [] };
  }
  const set = ([name, value]: readonly [string, string]): ProcessVariable => [name, value, 'override'];
  let env = parsed.env.map(set);
  let words = [...parsed.words];
  for (;;) {
    const [first] = words;
    if (first === 'exec' || (first === 'npx' && words[1]?.startsWith('-') === false)) words = words.slice(1);
    else if (first === 'env' || first === 'cross-env') {
      const inner = words.slice(1).findIndex((word) => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(word));
      if (inner === -1 || words[1 + inner]!.startsWith('-')) return { kind: 'shell', why: `it uses ${first}` };
      env = [...env, ...words.slice(1, 1 + inner).map((word) => set([word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]))];
      words = words.slice(1 + inner);
    } else break;
  }
  const [program, ...args] = words;
  if (program === undefined) return { kind: 'shell', why: 'it runs nothing' };

  if (MANAGERS.includes(program) && depth < 5 && application.manifest !== undefined) {
    const script = calledScript(program, args, application.manifest);
    if (script === undefined) return { kind: 'shell', why: `it runs ${program}` };
    const inner = resolveScript(script, application.manifest, application, depth + 1);
    return inner.kind === 'direct' ? { ...inner, env: [...env, ...inner.env] } : inner;
  }
  if (program === 'node') {
    return { kind: 'direct', command: ['node', ...args], env, warnings: missingFile(args, application) };
  }
  const name = program.replace(/^(?:\.\/)?node_modules\/\.bin\//, '');
  const found = name.includes('/') ? undefined : application.resolveProgram(name);
  if (found === 'foreign') return { kind: 'direct', command: [`node_modules/.bin/${name}`, ...args], env, warnings: [] };
  if (found !== undefined) return { kind: 'direct', command: ['node', found.script, ...args], env, warnings: [] };
  if (application.isDevelopmentProgram(name)) return { kind: 'development', program: name };
  return { kind: 'shell', why: `"${program}" is no package of the application` };
}

/** The script that a call of a package manager runs, without further arguments: `npm run x`, `npm start`, `yarn x`, `pnpm x`. */
function calledScript(program: string, args: readonly string[], manifest: Manifest): string | undefined {
  const [first, second] = args;
  if ((first === 'run' || first === 'run-script') && args.length === 2) return second;
  if (args.length !== 1) return undefined;
  return first === 'start' || (program !== 'npm' && manifest.scripts[first!] !== undefined) ? first : undefined;
}

function warningsOf(resolution: Resolution): readonly string[] {
  return resolution.kind === 'development' ? [] : (resolution.warnings ?? []);
}

/** A warning when `node` with these words would not find its file. Words that a shell would change are not judged. */
function missingFile(args: readonly string[], application: BuiltApplication): readonly string[] {
  const file = entryFile(args);
  if (file === undefined || !/^[\w@./-]+$/.test(file) || resolveFile(file, application) !== undefined) return [];
  return [`"${file}" is not there after the build, so the application will not start`];
}

/** Node options that take the next word as their value. */
const OPTIONS_WITH_VALUE = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '-C',
  '--conditions',
  '--env-file',
  '--title',
  '--icu-data-dir',
  '--openssl-config',
]);

/** The file that `node` would run. */
function entryFile(args: readonly string[]): string | undefined {
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    if (word === '-e' || word === '--eval' || word === '-p' || word === '--print' || word === '--run') return undefined;
    if (!word.startsWith('-')) return word;
    if (OPTIONS_WITH_VALUE.has(word)) at++;
  }
  return undefined;
}

/** The file that Node's CommonJS resolution finds for the main module, near enough to tell whether there is one. */
function resolveFile(name: string, application: BuiltApplication): string | undefined {
  const path = name.replace(/^\.\//, '').replace(/\/+$/, '');
  if (path === '' || path === '.')
    return application.manifest?.main === undefined
      ? application.isFile('index.js')
        ? 'index.js'
        : undefined
      : resolveFile(application.manifest.main, application);
  if (path.startsWith('/') || path.split('/').includes('..')) return path;
  const candidates = [path, `${path}.js`, `${path}.json`, `${path}.node`];
  const file = candidates.find((candidate) => application.isFile(candidate));
  if (file !== undefined) return file;
  if (application.isFile(`${path}/package.json`)) return path;
  return application.isFile(`${path}/index.js`) ? `${path}/index.js` : undefined;
}
