import { median, measure } from './measure.ts';
import type { Memory } from './measure.ts';
import type { Application } from './application.ts';
import type { Contender, Contenders, Destination } from './contenders.ts';

export type ScenarioName = 'cold' | 'nothing changed' | 'one line changed' | 'lockfile changed';

/** Medians of one scenario, in milliseconds. */
export interface ScenarioResult {
  readonly application: string;
  readonly scenario: ScenarioName;
  readonly destination: 'local' | 'registry';
  readonly pack: number;
  readonly tspack: number;
  /** tspack with the image loaded into Docker, as pack leaves it. */
  readonly tspackDocker?: number;
}

export interface MemoryResult {
  readonly application: string;
  readonly scenario: ScenarioName;
  readonly pack: Memory;
  readonly tspack: Memory;
}

export interface ScenarioContext {
  readonly contenders: Contenders;
  readonly repetitions: number;
  readonly say: (text: string) => void;
}

/** Runs every scenario of an application through both tools in turn. */
export async function runScenarios(application: Application, destination: 'local' | 'registry', context: ScenarioContext): Promise<readonly ScenarioResult[]> {
  const { contenders, repetitions, say } = context;
  const { pack, tspack } = contenders;
  let builds = 0;
  const image = () => `${application.name}-${destination}-${builds}`;
  const withDocker = destination === 'local';
  const results: ScenarioResult[] = [];

  async function scenario(name: ScenarioName, prepare: () => void): Promise<void> {
    const times = { pack: [] as number[], tspack: [] as number[], docker: [] as number[] };
    for (let repetition = 0; repetition < repetitions; repetition++) {
      prepare();
      times.pack.push(await time(pack, image(), application, destination));
      times.tspack.push(await time(tspack, image(), application, destination));
    }
    if (withDocker) {
      for (let repetition = 0; repetition < repetitions; repetition++) {
        prepare();
        times.docker.push(await time(tspack, image(), application, 'docker'));
      }
    }
    const result = {
      application: application.name,
      scenario: name,
      destination,
      pack: median(times.pack),
      tspack: median(times.tspack),
      ...(withDocker ? { tspackDocker: median(times.docker) } : {}),
    };
    say(
      `${application.name}, ${destination}, ${name}: pack ${Math.round(result.pack)} ms, tspack ${Math.round(result.tspack)} ms${withDocker ? `, into Docker ${Math.round(median(times.docker))} ms` : ''}`,
    );
    results.push(result);
  }

  await scenario('cold', () => {
    // A new name has no caches; the blobs of earlier builds must not help either.
    for (const contender of [pack, tspack]) contender.forget();
    builds += 1;
  });
  // The last cold build was one of tspack with Docker: from here on everything is warm, under one name.
  if (withDocker) for (const contender of [pack, tspack]) await time(contender, image(), application, destination);
  await scenario('nothing changed', () => undefined);
  await scenario('one line changed', () => application.changeLine());
  await scenario('lockfile changed', () => application.changeLockfile());
  return results;
}

/** The same again, watched: what watching costs must not be in the times. */
export async function runMemory(application: Application, { contenders, say }: ScenarioContext): Promise<readonly MemoryResult[]> {
  const { pack, tspack } = contenders;
  const image = `${application.name}-memory`;
  const results: MemoryResult[] = [];
  for (const contender of [pack, tspack]) contender.forget();
  for (const scenario of ['cold', 'nothing changed', 'one line changed'] as const) {
    if (scenario === 'one line changed') application.changeLine();
    const watched = async (contender: Contender) =>
      (await measure(contender.build(image, application.directory, 'local'), { watchMemory: true, others: () => contender.others() })).memory!;
    const result = { application: application.name, scenario, pack: await watched(pack), tspack: await watched(tspack) };
    say(
      `${application.name}, memory, ${scenario}: pack ${megabytes(result.pack.treeBytes)} MB, tspack ${megabytes(result.tspack.treeBytes)} MB, its own process ${megabytes(result.tspack.processBytes)} MB`,
    );
    results.push(result);
  }
  return results;
}

export function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}

async function time(contender: Contender, image: string, application: Application, destination: Destination): Promise<number> {
  return (await measure(contender.build(image, application.directory, destination))).milliseconds;
}
