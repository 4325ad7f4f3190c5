// `npm run sample`: builds samples/nodejs with the builder "base", starts it, fetches its page and prints the answer.
// With `--keep` it stays up until Ctrl-C.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.mjs';

const IMAGE = 'tspack-sample-nodejs';
const START_SECONDS = 60;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tspack = join(root, 'bin/tspack');
const keep = process.argv.includes('--keep');

function fail(text) {
  process.stderr.write(`sample: ${text}\n`);
  process.exit(1);
}

function start(args) {
  process.stderr.write(`$ tspack ${args.join(' ')}\n`);
  const child = spawn(process.execPath, [tspack, ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise((resolve) => {
    child.on('error', (error) => fail(error.message));
    child.on('exit', (code, signal) => resolve(code ?? signal));
  });
  return { child, ended };
}

/** A port that nobody listens on. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The first answer of the application. */
async function firstAnswer(address, ended) {
  let stopped;
  void ended.then((how) => (stopped = how));
  for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end; await sleep(100)) {
    if (stopped !== undefined) fail(`the application ended (${stopped}) before it answered`);
    try {
      const response = await fetch(address, { signal: AbortSignal.timeout(5000) });
      return { status: response.status, text: await response.text() };
    } catch {
      // Not listening yet.
    }
  }
  return undefined;
}

setUp();
const built = await start(['build', IMAGE, '--path', join(root, 'samples/nodejs'), '--builder', 'base']).ended;
if (built !== 0) fail(`the build ended with ${built}`);

const port = await freePort();
const address = `http://127.0.0.1:${port}/`;
const { child, ended } = start(['run', IMAGE, '-p', `${port}:8080`]);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
process.on('exit', () => child.kill());

const answer = await firstAnswer(address, ended);
if (answer === undefined) fail(`no answer from ${address} in ${START_SECONDS} s`);
process.stdout.write(`${address} answered ${answer.status}:\n${answer.text.trimEnd()}\n`);
if (keep) {
  process.stderr.write(`The application stays up at ${address} until Ctrl-C\n`);
  process.exit(await ended.then(() => 0));
}
child.kill('SIGTERM');
await ended;
process.exit(answer.status === 200 ? 0 : 1);
