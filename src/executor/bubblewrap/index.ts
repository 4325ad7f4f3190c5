/**
 * The sandbox executor: bubblewrap around an unpacked image, for `compose.ts` alone.
 *
 * ```ts
 * const probe = await probeBubblewrap({ bubblewrap, readFile });
 * const executor = createBubblewrapExecutor({ bubblewrap, readFile, scratchDirectory, ...(probe.proc && { proc: probe.proc }) });
 * await using sandbox = await executor.open(environment);
 * const { code } = await sandbox.run({ command: ['bin/detect'], cwd, env: {}, stdout, stderr });
 * ```
 *
 * @packageDocumentation
 */
export { createBubblewrapExecutor } from './bubblewrap-executor.ts';
export type { BubblewrapOptions } from './bubblewrap-executor.ts';
export type { ProcMount } from './arguments.ts';
export { chooseIdMap } from './id-map.ts';
export type { IdFacts, IdMap, IdRange } from './id-map.ts';
export { writeIdMap } from './write-id-map.ts';
export { createRootWorkshop, probeNested } from './root-workshop.ts';
export type { RootWorkshopOptions } from './root-workshop-options.ts';
export { probeBubblewrap, probeOverlay } from './probe.ts';
export type { BubblewrapProbe } from './probe.ts';
