// `node bench/kill.mjs [--kills 200] [--seed 1]`: kills tspack at random moments of build, save, load, push, pull, prune and rm, and has `tspack doctor
// --verify` look at the data folder after each. Prints what was killed; ends with 1 when anything was lost or half-written. See README.md.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    work: { type: 'string', default: '/var/tmp' },
  },
});

const place = mkdtempSync(join(values.work, 'tspack-kill-'));
const application = join(place, 'app');
const archive = join(place, 'saved.tar');
const env = { ...process.env, TSPACK_HOME: join(place, 'home'), NO_COLOR: '1' };
const random = generator(Number(values.seed));
const registry = await startRegistry();
const KEPT = `${registry.host}/kept:1`;
const build = (image) => ['build', image, '--builder', 'base', '--path', application];

/** What may be killed. `prepare` makes that there is something to do. */
const VERBS = {
  build: { words: () => build('changing'), prepare: changeApplication },
  'build --publish': { words: () => [...build(`${registry.host}/changing:1`), '--publish'], prepare: changeApplication },
  save: { words: () => ['save', KEPT, '--output', archive] },
  load: { words: () => ['load', '--input', archive], prepare: () => run(['save', KEPT, '--output', archive]) },
  push: { words: () => ['push', KEPT, `${registry.host}/pushed-${random(1_000_000)}:1`] },
  pull: { words: () => ['pull', KEPT] },
  prune: { words: () => ['prune', '--keep-storage', '1500MB'], prepare: changeApplication },
  rm: { words: () => ['rm', 'changing'], prepare: () => run(build('changing')) },
};

let lost = 0;
try {
  mkdirSync(application);
  writeFileSync(join(application, 'package.json'), JSON.stringify({ name: 'kill', version: '1.0.0', scripts: { start: 'node server.js' } }));
  writeFileSync(join(application, 'server.js'), 'require("node:http").createServer((_, response) => response.end("kept")).listen(process.env.PORT);\n');
  changeApplication();
  run([...build(KEPT), '--publish']);
  const durations = {};
  const counts = {};
  for (let kill = 1; kill <= Number(values.kills); kill++) {
    const name = Object.keys(VERBS)[random(Object.keys(VERBS).length)];
    const { words, prepare } = VERBS[name];
    prepare?.();
    durations[name] ??= 1500;
    const { ended, milliseconds } = await killed(words(), 1 + random(durations[name]));
    // What ends before it is killed says how long the verb takes.
    if (ended) durations[name] = Math.max(100, Math.round(milliseconds));
    counts[name] = (counts[name] ?? 0) + (ended ? 0 : 1);
    const findings = verify();
    if (findings.length > 0) {
      lost += 1;
      process.stdout.write(`kill ${kill}: ${name} after ${Math.round(milliseconds)} ms:\n${findings.map(({ message }) => `  ${message}\n`).join('')}`);
    }
  }
  run(build('changing'));
  run(['inspect', KEPT]);
  const rows = Object.entries(counts).map(([name, count]) => `  ${name.padEnd(18)}${count} killed\n`);
  process.stdout.write(
    `${values.kills} tries with seed ${values.seed} on ${cpus().length} cores:\n${rows.join('')}${lost} times something was lost or half-written\n`,
  );
} finally {
  registry.child.kill('SIGTERM');
  rmSync(place, { recursive: true, force: true });
}
process.exitCode = lost === 0 ? 0 : 1;

function changeApplication() {
  writeFileSync(join(application, 'data'), randomBytes(20_000_000));
}

/** Runs a command to its end, which has to be good. */
function run(words) {
  const { status, stdout, stderr } = tspack(words);
  if (status !== 0) throw new Error(`tspack ${words.join(' ')} ended with ${status}:\n${stderr}`);
  return stdout;
}

function tspack(words) {
  return spawnSync(process.execPath, [join(root, 'dist/cli.js'), ...words], { env, encoding: 'utf8', maxBuffer: 1 << 26 });
}

/** Kills the whole process group with a signal that nobody can handle. */
async function killed(words, milliseconds) {
  const begun = performance.now();
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...words], { env, detached: true, stdio: 'ignore' });
  const end = new Promise((resolve) => child.once('exit', () => resolve(true)));
  const ended = await Promise.race([end, sleep(milliseconds, false)]);
  if (!ended) {
    process.kill(-child.pid, 'SIGKILL');
    await end;
  }
  return { ended, milliseconds: performance.now() - begun };
}

/** Problems of the data folder, and an image that must be there. */
function verify() {
  const { stdout } = tspack(['doctor', '--verify', '--output', 'json']);
  const problems = JSON.parse(stdout).filter(({ topic, status }) => topic === 'verified' && status === 'problem');
  const { status, stderr } = tspack(['inspect', KEPT]);
  return status === 0 ? problems : [...problems, { message: `${KEPT} is gone: ${stderr}` }];
}

async function startRegistry() {
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
  const host = `127.0.0.1:${port}`;
  const config = join(place, 'registry.yml');
  writeFileSync(
    config,
    JSON.stringify({ version: 0.1, log: { level: 'error' }, storage: { filesystem: { rootdirectory: join(place, 'registry') } }, http: { addr: host } }),
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  for (let tries = 0; ; tries++) {
    try {
      await fetch(`http://${host}/v2/`);
      return { host, child };
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(100);
    }
  }
}

/** The same numbers for the same seed (mulberry32): an integer below `limit`. */
function generator(seed) {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
