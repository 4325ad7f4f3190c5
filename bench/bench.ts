import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../src/foundation/index.ts';
import { commandStart, firstEver, gigabyteLayer, layerExport, toolTime } from './alone.ts';
import { copyApplication } from './application.ts';
import type { Application } from './application.ts';
import { prepareContenders } from './contenders.ts';
import { readOptions } from './options.ts';
import type { BenchOptions } from './options.ts';
import { lifecyclePhases } from './lifecycle.ts';
import type { LifecycleResult } from './lifecycle.ts';
import { renderLifecycle, renderReport } from './report.ts';
import { runMemory, runScenarios } from './scenarios.ts';
import type { MemoryResult, ScenarioResult } from './scenarios.ts';

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

const options = readOptions(process.argv.slice(2));
if (options !== undefined) {
  execFileSync(join(packageRoot(), 'bench/reference.sh'), [options.reference], { stdio: ['ignore', 2, 2] });
  const directory = mkdtempSync(join(options.workDirectory, 'tspack-bench-'));
  const stack: AsyncDisposable[] = [{ [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) }];
  const cleanUp = async () => {
    for (let last = stack.pop(); last !== undefined; last = stack.pop()) await last[Symbol.asyncDispose]();
  };
  // A daemon must not outlive a bench that is stopped.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
  try {
    const keep = (opened: AsyncDisposable) => void stack.push(opened);
    if (options.onlyLifecycle) {
      process.stdout.write(`${renderLifecycle(await lifecycleAlone(options, directory, keep))}\n`);
    } else {
      const report = await bench(options, directory, keep);
      process.stdout.write(report);
      mkdirSync(dirname(options.output), { recursive: true });
      writeFileSync(options.output, report);
    }
  } finally {
    await cleanUp();
  }
}

async function lifecycleAlone({ repetitions, reference }: BenchOptions, directory: string, keep: (opened: AsyncDisposable) => void): Promise<LifecycleResult> {
  say('Making one builder for both');
  const contenders = await prepareContenders(directory, reference);
  keep(contenders);
  return await lifecyclePhases(contenders, { directory, repetitions, say });
}

async function bench(
  { repetitions, applications: folder, names, reference }: BenchOptions,
  directory: string,
  keep: (opened: AsyncDisposable) => void,
): Promise<string> {
  const [before = 0] = loadavg();
  const applications = names.map((name) => copyApplication(name, join(folder, name), join(directory, 'applications', name)));
  const [first] = applications;
  if (first === undefined) throw new Error('Cannot compare without an application');
  say('First build on a machine');
  const firstMeasured = await firstEver(first, directory);
  rmSync(join(directory, 'first-home'), { recursive: true, force: true });

  say('Making one builder for both');
  const contenders = await prepareContenders(directory, reference);
  keep(contenders);
  const context = { contenders, repetitions, say };
  const home = join(directory, 'home');
  const scenarios: ScenarioResult[] = [];
  const memory: MemoryResult[] = [];
  const toolTimes = new Map<string, number>();
  for (const application of applications) {
    scenarios.push(...(await runScenarios(application, 'local', context)));
    // What a registry adds is the same for every application.
    if (application === first) scenarios.push(...(await runScenarios(application, 'registry', context)));
    memory.push(...(await runMemory(application, context)));
    toolTimes.set(application.name, await toolTime(application, contenders, home, Math.min(repetitions, 3)));
  }
  say('Detection and export of an order of 40 buildpacks');
  const lifecycle = await lifecyclePhases(contenders, { directory, repetitions, say });
  say('Export of a layer, start of the command, a layer of a gigabyte');
  const exported = await layerExport(home, directory, Math.max(repetitions, 5));
  const start = await commandStart(20);
  contenders.tspack.forget();
  const gigabyte = await gigabyteLayer(first, contenders, directory);
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  return renderReport({
    date: new Date(),
    repetitions,
    load: { before, after: loadavg()[0] ?? 0 },
    versions: { tspack: version, docker: execFileSync('dockerd', ['--version'], { encoding: 'utf8' }).replace(/^.*version ([^, ]+).*$/s, '$1') },
    scenarios,
    lifecycle,
    memory,
    toolTimes,
    rebuilds: new Set(applications.filter(hasBuildScript).map(({ name }) => name)),
    firstEver: firstMeasured,
    gigabyte,
    start,
    layerExport: exported,
  });
}

function hasBuildScript({ directory }: Application): boolean {
  const { scripts } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { scripts?: Readonly<Record<string, string>> };
  return scripts?.['build'] !== undefined;
}
