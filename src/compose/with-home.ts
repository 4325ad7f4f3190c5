import { waitFor } from '../platform/index.ts';
import { useHome } from '../store/index.ts';
import type { Task } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/** Works with the data folder: what the work uses is not pruned before it ends. */
export async function withHome<Result>(machine: Machine, task: Task, work: () => Promise<Result>): Promise<Result> {
  using _use = await useHome(machine.home(), { ...waitFor(task), clock: machine.clock });
  return await work();
}
