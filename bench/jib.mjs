// `node bench/jib.mjs --app FOLDER`: one changed line of a Maven application, with tspack and with Jib's jib:build in turn, in one run. See README.md.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    app: { type: 'string' },
    repetitions: { type: 'string', default: '3' },
    work: { type: 'string', default: '/var/tmp' },
    tspack: { type: 'string', default: join(root, 'bin/tspack') },
    jib: { type: 'string', default: '3.4.6' },
  },
});
if (values.app === undefined) throw new Error('Cannot compare without an application: give --app a folder with a pom.xml');

const work = mkdtempSync(join(values.work, 'tspack-jib-'));
const registry = await startRegistry(join(work, 'registry'));
try {
  const [forTspack, forJib] = ['tspack', 'jib'].map((name) => copyApplication(values.app, join(work, name)));
  const image = `${registry.address}/app`;
  const build = () => run(values.tspack, ['build', image, '--path', forTspack.directory, '--builder', 'base', '--publish'], forTspack.directory);
  const jib = () =>
    run(
      'mvn',
      [
        '--batch-mode',
        '--quiet',
        `-Dmaven.repo.local=${join(work, 'repository')}`,
        'compile',
        `com.google.cloud.tools:jib-maven-plugin:${values.jib}:build`,
        `-Djib.from.image=${image}`,
        `-Djib.to.image=${registry.address}/jib`,
        `-Djib.baseImageCache=${join(work, 'jib-base')}`,
        `-Djib.applicationCache=${join(work, 'jib-cache')}`,
        '-Djib.allowInsecureRegistries=true',
      ],
      forJib.directory,
    );
  // Jib puts the application on the same runtime: the image that tspack has made.
  build();
  jib();
  const times = { tspack: [], jib: [] };
  for (let count = 1; count <= Number(values.repetitions); count++) {
    forTspack.changeLine(count);
    times.tspack.push(build());
    forJib.changeLine(count);
    times.jib.push(jib());
  }
  const [ours, theirs] = [median(times.tspack), median(times.jib)];
  process.stdout.write(
    `One changed line, pushed to a registry on this machine; medians of ${values.repetitions}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}\n` +
      `tspack build      ${ours.toFixed(2)} s  (${times.tspack.map((time) => time.toFixed(2)).join(', ')})\n` +
      `mvn jib:build     ${theirs.toFixed(2)} s  (${times.jib.map((time) => time.toFixed(2)).join(', ')})\n` +
      `ratio             ${(ours / theirs).toFixed(2)}  (target: at most 1)\n`,
  );
} finally {
  registry.stop();
  rmSync(work, { recursive: true, force: true });
}

/** Seconds that a program takes; its output is shown when it fails. */
function run(program, args, cwd) {
  const start = process.hrtime.bigint();
  execFileSync(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 });
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** A copy whose first source file gets a line before all others: numbers of lines are in classes, so that one class changes. */
function copyApplication(source, directory) {
  cpSync(source, directory, { recursive: true });
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  const name = entries.map((entry) => join(entry.parentPath, entry.name)).find((path) => /src\/main\/java\/.*\.java$/.test(path));
  if (name === undefined) throw new Error(`Cannot change a line of ${source}: it has no source below src/main/java`);
  const text = readFileSync(name, 'utf8');
  return { directory, changeLine: (count) => writeFileSync(name, '// changed\n'.repeat(count) + text) };
}

async function startRegistry(directory) {
  const port = await freePort();
  const configuration = join(work, 'registry.yml');
  writeFileSync(configuration, `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${directory}}}\nhttp: {addr: "127.0.0.1:${port}"}\n`);
  const child = spawn('docker-registry', ['serve', configuration], { stdio: 'ignore' });
  const address = `127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`http://${address}/v2/`).catch(() => undefined);
    if (answer?.ok) break;
    if (tries > 100) throw new Error('Cannot start docker-registry');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { address, stop: () => child.kill() };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
