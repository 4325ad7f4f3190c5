import { randomBytes } from 'node:crypto';
import { closeSync, cpSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeLayerTar } from '../src/archive/index.ts';
import { packageRoot } from '../src/foundation/index.ts';
import { median, measure } from './measure.ts';
import { buildPhases } from './phases.ts';
import type { Application } from './application.ts';
import type { Contenders } from './contenders.ts';
import type { Measurement } from './measure.ts';

/** The first build on a machine: nothing of tspack is here, the base image is downloaded and assembled. */
export function firstEver(application: Application, directory: string): Promise<Measurement> {
  return measure(
    {
      command: [process.execPath, join(packageRoot(), 'bin/tspack'), 'build', 'first-ever', '--path', application.directory, '--builder', 'base'],
      env: { ...process.env, TSPACK_HOME: join(directory, 'first-home') },
    },
    { watchMemory: true },
  );
}

/** How long the application's own tools work in a cold build: the building phase, less what it takes when nothing changed. */
export async function toolTime(application: Application, contenders: Contenders, home: string, repetitions: number): Promise<number> {
  const times: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    contenders.tspack.forget();
    const cold = await buildPhases(home, 'tool-time', application.directory);
    const unchanged = await buildPhases(home, 'tool-time', application.directory);
    times.push((cold.get('building') ?? 0) - (unchanged.get('building') ?? 0));
  }
  return median(times);
}

/** `tspack version` and `node -e 0`, in milliseconds. */
export async function commandStart(repetitions: number): Promise<{ readonly tspack: number; readonly node: number }> {
  const times = { tspack: [] as number[], node: [] as number[] };
  for (let repetition = 0; repetition < repetitions; repetition++) {
    times.node.push((await measure({ command: [process.execPath, '-e', '0'], env: process.env })).milliseconds);
    times.tspack.push((await measure({ command: [process.execPath, join(packageRoot(), 'bin/tspack'), '--version'], env: process.env })).milliseconds);
  }
  return { tspack: median(times.tspack), node: median(times.node) };
}

export interface LayerExport {
  readonly entries: number;
  readonly sizeBytes: number;
  /** Walk, headers and digest. */
  readonly digestOnly: number;
  /** The same with the tar written to a file, as an export does. */
  readonly written: number;
  /** `tar -c DIR | openssl dgst -sha256`. */
  readonly pipeline: number;
}

/** Exports the largest folder of layers in the data folder. */
export async function layerExport(home: string, directory: string, repetitions: number): Promise<LayerExport> {
  const layers = join(home, 'cache/layers');
  const folders = readdirSync(layers).flatMap((key) => childFolders(join(layers, key, 'layers')).flatMap(childFolders));
  const folder = folders.map((path) => ({ path, entries: countEntries(path) })).sort((a, b) => b.entries - a.entries)[0];
  if (folder === undefined) throw new Error(`Cannot measure an export: no layers in ${layers}`);
  const spec = { parts: [{ kind: 'tree', source: folder.path, target: '/layers/measured/layer', uid: 1001, gid: 1000 }] } as const;
  const file = join(directory, 'layer.tar');
  const times = { digestOnly: [] as number[], written: [] as number[], pipeline: [] as number[] };
  const { sizeBytes } = await writeLayerTar(spec);
  const timed = async (list: number[], work: () => Promise<unknown>) => {
    const started = performance.now();
    await work();
    list.push(performance.now() - started);
  };
  for (let repetition = 0; repetition < repetitions; repetition++) {
    await timed(times.digestOnly, () => writeLayerTar(spec));
    await timed(times.written, () => writeLayerTar(spec, file));
    rmSync(file);
    await timed(times.pipeline, () => measure({ command: ['sh', '-c', 'tar -c -C "$1" . | openssl dgst -sha256', 'sh', folder.path], env: process.env }));
  }
  return { entries: folder.entries, sizeBytes, digestOnly: median(times.digestOnly), written: median(times.written), pipeline: median(times.pipeline) };
}

/** Builds and pushes an application with a file of a gigabyte that does not compress. */
export async function gigabyteLayer(
  application: Application,
  contenders: Contenders,
  directory: string,
): Promise<{ readonly local: Measurement; readonly registry: Measurement }> {
  const copy = join(directory, 'gigabyte');
  cpSync(application.directory, copy, { recursive: true });
  mkdirSync(join(copy, 'public'), { recursive: true });
  const file = openSync(join(copy, 'public/gigabyte.bin'), 'w');
  try {
    for (let written = 0; written < 1 << 30; written += 1 << 24) writeSync(file, randomBytes(1 << 24));
  } finally {
    closeSync(file);
  }
  const build = (destination: 'local' | 'registry') => measure(contenders.tspack.build('gigabyte', copy, destination), { watchMemory: true });
  try {
    return { local: await build('local'), registry: await build('registry') };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function childFolders(path: string): readonly string[] {
  return readdirSync(path)
    .map((name) => join(path, name))
    .filter((child) => statSync(child).isDirectory());
}

function countEntries(path: string): number {
  return readdirSync(path, { recursive: true }).length;
}
