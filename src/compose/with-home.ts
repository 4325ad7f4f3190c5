import { waitFor } from '../platform/index.ts';
import { useHome } from '../store/index.ts';
import type { Task } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/** Works with the data folder: what the work uses is not pruned before it ends. */
export async function withHome<Result>(machine: Machine, task: Task, work: () => Promise<Result>): Promise<Result> {
  using _use = await useHome(machine.home(), { ...waitFor(task), clock: machine.clock });
  return await work();
}

/** The bytes come when somebody reads them, long after the call has returned: until the last of them what they are of is in use. */
export async function* heldWhileRead(machine: Machine, task: Task, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  using _use = await useHome(machine.home(), { ...waitFor(task), clock: machine.clock });
  yield* bytes;
}
