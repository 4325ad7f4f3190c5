import { procfileInvalid, startMissing, startNeedsDevDependency } from './errors.ts';
import type { Manifest } from './manifest.ts';
import { parseSimpleCommand } from './shell-words.ts';

/** What is known of the built application. Paths are relative to it. */
export interface BuiltApplication {
  readonly manifest: Manifest | undefined;
  readonly procfile: string | undefined;
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
  /** Variables that its command line sets. */
  readonly env: readonly (readonly [name: string, value: string])[];
  /** What was chosen and why, for the log. */
  readonly explanation: string;
  readonly needsNpm: boolean;
  readonly warnings: readonly string[];
}

type Resolution =
  | { readonly kind: 'direct'; readonly command: readonly string[]; readonly env: StartProcess['env']; readonly warnings: readonly string[] }
  | { readonly kind: 'shell'; readonly why: string }
  | { readonly kind: 'development'; readonly program: string };

const PRODUCTION_SCRIPTS = ['start:prod', 'start:production'] as const;
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
 * Decides what the image runs, `web` among it: Procfile, then scripts.start (or start:prod, start:production when that needs
 * devDependencies), then `main`, then well-known file names. Throws `NODE_START_MISSING`, `NODE_START_NEEDS_DEV_DEPENDENCY`, `NODE_PROCFILE_INVALID`.
 */
export function chooseProcesses(application: BuiltApplication): readonly StartProcess[] {
  const listed = readProcfile(application);
  if (listed.some(({ type }) => type === 'web')) return listed;
  try {
    return [...listed, chooseWebProcess(application)];
  } catch (error) {
    if (listed.length > 0) return listed;
    throw error;
  }
}

function chooseWebProcess(application: BuiltApplication): StartProcess {
  const { manifest } = application;
  const fromScript = manifest === undefined ? undefined : chooseScript(manifest, application);
  if (fromScript !== undefined) return fromScript;
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

function nodeProcess(file: string, why: string): StartProcess {
  return { type: 'web', command: ['node', file], env: [], explanation: `node ${file}: ${why}`, needsNpm: false, warnings: [] };
}

function chooseScript(manifest: Manifest, application: BuiltApplication): StartProcess | undefined {
  const start = manifest.scripts['start'];
  if (start === undefined) {
    const production = PRODUCTION_SCRIPTS.find((name) => manifest.scripts[name] !== undefined);
    return production === undefined
      ? undefined
      : scriptProcess(production, resolveScript(production, manifest, application), manifest, 'there is no "start" script');
  }
  const resolution = resolveScript('start', manifest, application);
  if (resolution.kind !== 'development') return scriptProcess('start', resolution, manifest, undefined);
  for (const name of PRODUCTION_SCRIPTS) {
    if (manifest.scripts[name] === undefined) continue;
    const other = resolveScript(name, manifest, application);
    if (other.kind !== 'development') return scriptProcess(name, other, manifest, `"start" runs "${resolution.program}", which only devDependencies have`);
  }
  throw startNeedsDevDependency('start', resolution.program);
}

function scriptProcess(name: string, resolution: Resolution, manifest: Manifest, why: string | undefined): StartProcess {
  const reason = why === undefined ? '' : `; ${why}`;
  if (resolution.kind === 'direct') {
    const { command, env, warnings } = resolution;
    return {
      type: 'web',
      command,
      env,
      explanation: `${command.join(' ')}: from the "${name}" script (${manifest.scripts[name]!})${reason}`,
      needsNpm: false,
      warnings,
    };
  }
  const problem = resolution.kind === 'shell' ? resolution.why : `"${resolution.program}" is only in devDependencies`;
  return {
    type: 'web',
    command: name === 'start' ? ['npm', 'start'] : ['npm', 'run', name],
    env: [],
    explanation: `npm ${name === 'start' ? '' : 'run '}${name}: the "${name}" script cannot be started directly, because ${problem}${reason}`,
    needsNpm: true,
    warnings: ['npm does not pass every signal on to the application; a start script such as "node server.js" is started directly'],
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
    return { kind: 'shell', why: 'it needs a shell' };
  }
  let env = [...parsed.env];
  let words = [...parsed.words];
  for (;;) {
    const [first] = words;
    if (first === 'exec' || (first === 'npx' && words[1]?.startsWith('-') === false)) words = words.slice(1);
    else if (first === 'env' || first === 'cross-env') {
      const inner = words.slice(1).findIndex((word) => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(word));
      if (inner === -1 || words[1 + inner]!.startsWith('-')) return { kind: 'shell', why: `it uses ${first}` };
      env = [...env, ...words.slice(1, 1 + inner).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const)];
      words = words.slice(1 + inner);
    } else break;
  }
  const [program, ...args] = words;
  if (program === undefined) return { kind: 'shell', why: 'it runs nothing' };

  if (program === 'npm' && depth < 5 && application.manifest !== undefined) {
    const script =
      args[0] === 'start' && args.length === 1 ? 'start' : (args[0] === 'run' || args[0] === 'run-script') && args.length === 2 ? args[1]! : undefined;
    if (script === undefined) return { kind: 'shell', why: 'it runs npm' };
    const inner = resolveScript(script, application.manifest, application, depth + 1);
    return inner.kind === 'direct' ? { ...inner, env: [...env, ...inner.env] } : inner;
  }
  if (program === 'node') {
    const file = entryFile(args);
    const missing = file !== undefined && resolveFile(file, application) === undefined;
    return {
      kind: 'direct',
      command: ['node', ...args],
      env,
      warnings: missing ? [`"${file}" is not there after the build, so the application will not start`] : [],
    };
  }
  const name = program.replace(/^(?:\.\/)?node_modules\/\.bin\//, '');
  const found = name.includes('/') ? undefined : application.resolveProgram(name);
  if (found === 'foreign') return { kind: 'direct', command: [`node_modules/.bin/${name}`, ...args], env, warnings: [] };
  if (found !== undefined) return { kind: 'direct', command: ['node', found.script, ...args], env, warnings: [] };
  if (application.isDevelopmentProgram(name)) return { kind: 'development', program: name };
  return { kind: 'shell', why: `"${program}" is no package of the application` };
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

function readProcfile(application: BuiltApplication): readonly StartProcess[] {
  const processes: StartProcess[] = [];
  for (const [index, raw] of (application.procfile ?? '').split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([A-Za-z0-9_.-]+):\s*(\S.*)$/.exec(line);
    if (match === null) throw procfileInvalid(index + 1, line);
    const [, type, text] = match;
    processes.push(procfileProcess(type!, text!, application));
  }
  return processes;
}

function procfileProcess(type: string, text: string, application: BuiltApplication): StartProcess {
  const resolution = resolveCommandLine(text, application, 0);
  if (resolution.kind === 'direct') {
    const { command, env, warnings } = resolution;
    return { type, command, env, explanation: `${command.join(' ')}: from Procfile`, needsNpm: false, warnings };
  }
  const needsNpm = /\b(?:npm|npx)\b/.test(text);
  return { type, command: ['sh', '-c', text], env: [], explanation: `sh -c "${text}": from Procfile, in a shell`, needsNpm, warnings: [] };
}
