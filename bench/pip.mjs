// `node bench/pip.mjs --app FOLDER`: a Python application built from nothing, unchanged and with one changed line, beside pip by hand, in one run. See README.md.
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    app: { type: 'string' },
    line: { type: 'string' },
    requirements: { type: 'string', default: 'requirements.txt' },
    repetitions: { type: 'string', default: '3' },
    work: { type: 'string', default: '/var/tmp' },
    tspack: { type: 'string', default: join(root, 'bin/tspack') },
    python: { type: 'string', default: 'python3' },
  },
});
if (values.app === undefined) throw new Error('Cannot compare without an application: give --app a folder with a requirements.txt');

const work = mkdtempSync(join(values.work, 'tspack-pip-'));
try {
  const application = join(work, 'application');
  cpSync(values.app, application, { recursive: true });
  const name = (count) => `bench/pip-${process.pid}-${count}`;
  const build = (count) => run(values.tspack, ['build', name(count), '--path', application, '--builder', 'base'], application);
  const byHand = (count) => {
    const environment = join(work, `environment-${count}`);
    const made = run(values.python, ['-m', 'venv', environment], application);
    return made + run(join(environment, 'bin/pip'), ['install', '--quiet', '--no-cache-dir', '--requirement', values.requirements], application);
  };
  const times = { cold: [], byHand: [], unchanged: [], changed: [] };
  // The builder, and what a machine downloads once, are there before.
  build(0);
  for (let count = 1; count <= Number(values.repetitions); count++) {
    times.cold.push(build(count));
    times.byHand.push(byHand(count));
    times.unchanged.push(build(count));
    if (values.line !== undefined) {
      appendFileSync(join(application, values.line), `\n# ${count}\n`);
      times.changed.push(build(count));
    }
  }
  for (let count = 0; count <= Number(values.repetitions); count++) run(values.tspack, ['rm', name(count)], application);
  const row = (title, list) => `${title.padEnd(24)}${median(list).toFixed(2)} s  (${list.map((time) => time.toFixed(2)).join(', ')})\n`;
  process.stdout.write(
    `Medians of ${values.repetitions}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}\n` +
      row('pip by hand, cold', times.byHand) +
      row('tspack build, cold', times.cold) +
      row('nothing changed', times.unchanged) +
      (times.changed.length === 0 ? '' : row('one changed line', times.changed)) +
      `ratio of the cold ones   ${(median(times.cold) / median(times.byHand)).toFixed(2)}  (target: at most 1.3)\n`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Seconds that a program takes; its output is shown when it fails. */
function run(program, args, cwd) {
  const start = process.hrtime.bigint();
  execFileSync(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 });
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
