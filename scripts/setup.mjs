// Makes a clone ready: installs what package-lock.json says and compiles src/ into dist/, each only when it is out of date.
// The check costs a stat of every source file. Installed as a package there is no src/, and nothing here is called.
import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Folders whose files end up in dist/. */
const SOURCES = ['src', 'buildpacks'];
const COMPILED = join(root, 'dist/cli.js');
const INSTALLED_LOCK = join(root, 'node_modules/.package-lock.json');
const SETUP_LOCK = join(root, '.setup.lock');

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newestSource() {
  let newest = Math.max(modified(join(root, 'package.json')), modified(join(root, 'scripts/build.mjs')));
  const visit = (directory) => {
    // The folder's own time changes when a file in it is removed.
    newest = Math.max(newest, modified(directory));
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) visit(path);
      else newest = Math.max(newest, modified(path));
    }
  };
  for (const folder of SOURCES) if (existsSync(join(root, folder))) visit(join(root, folder));
  return newest;
}

const isCompiled = () => modified(COMPILED) >= newestSource();

/** npm may write its two lock files in either order, so when the times say no the versions decide. */
function isInstalled() {
  if (!existsSync(INSTALLED_LOCK)) return false;
  if (modified(INSTALLED_LOCK) >= modified(join(root, 'package-lock.json'))) return true;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const found = JSON.parse(readFileSync(INSTALLED_LOCK, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => path === '' || entry.optional === true || found[path]?.version === entry.version);
}

function say(text) {
  process.stderr.write(`tspack: ${text}\n`);
}

function run(command, args, what) {
  const quiet = { npm_config_fund: 'false', npm_config_audit: 'false', npm_config_loglevel: 'error' };
  // Standard output is for results: what these say goes to standard error.
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, ...quiet } });
  if (result.status === 0) return;
  throw new Error(
    result.error === undefined ? `${what} failed with exit code ${result.status ?? result.signal}` : `cannot run ${command}: ${result.error.message}`,
  );
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function isLeftBehind() {
  try {
    const holder = Number(readFileSync(SETUP_LOCK, 'utf8'));
    // A lock without a name was made a moment ago, or its maker died at once.
    return holder > 0 ? !isRunning(holder) : Date.now() - modified(SETUP_LOCK) > 5000;
  } catch {
    return false;
  }
}

/** Two commands that start at once set up once: the second waits for the first. */
function withLock(work) {
  for (let waited = 0; ; waited++) {
    try {
      const file = openSync(SETUP_LOCK, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isLeftBehind()) rmSync(SETUP_LOCK, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      if (waited === 0) say('waiting for another tspack that is setting up ...');
    }
  }
  try {
    work();
  } finally {
    rmSync(SETUP_LOCK, { force: true });
  }
}

function isWritable() {
  try {
    accessSync(root, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function installAndCompile() {
  if (!isInstalled()) {
    say('installing dependencies (npm ci) ...');
    run('npm', ['ci'], 'npm ci');
  }
  const now = new Date();
  if (modified(INSTALLED_LOCK) < modified(join(root, 'package-lock.json'))) utimesSync(INSTALLED_LOCK, now, now);
  if (isCompiled()) return;
  say('compiling ...');
  run(process.execPath, [join(root, 'scripts/build.mjs')], 'compiling');
  // Sources from the future would be compiled again and again.
  const newest = newestSource();
  if (newest > Date.now()) utimesSync(COMPILED, newest / 1000, newest / 1000);
}

/** Installs and compiles what is out of date. Ends the process with code 1 when that fails. */
export function setUp() {
  if (isInstalled() && isCompiled()) return;
  // Somebody else's clone: run what they have compiled.
  if (!isWritable() && existsSync(COMPILED)) return;
  try {
    withLock(installAndCompile);
  } catch (error) {
    say(`cannot set up ${root}: ${error.message}`);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
