import { composePlatform } from '../src/index.ts';
import type { BuildOptions } from '../src/index.ts';

/** Builds, and says how long each phase took: what `tspack build` does, without its terminal. */
export async function buildPhases(home: string, image: string, path: string): Promise<ReadonlyMap<string, number>> {
  const tspack = composePlatform({ environment: { ...process.env, TSPACK_HOME: home }, workingDirectory: path });
  const options: BuildOptions = {
    image,
    path,
    builder: 'base',
    env: {},
    volumes: [],
    outputs: [],
    network: 'host',
    executor: 'sandbox',
    clearCache: false,
    frozen: false,
    insecureRegistries: [],
  };
  const { record } = await tspack.build(options, { events: () => undefined, signal: new AbortController().signal });
  return new Map(record.facts.flatMap((fact) => (fact.kind === 'time' ? [[fact.phase, fact.milliseconds] as const] : [])));
}
