import { openDaemon, openRegistry } from './images.ts';
import type { FindImagePorts, Task } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/** Where images are looked for on this machine and beyond. */
export function findPorts(machine: Machine, workingDirectory: string, task: Task, insecureRegistries: readonly string[]): FindImagePorts {
  return {
    home: machine.home(),
    store: machine.store(),
    platform: machine.platform,
    workingDirectory,
    signal: task.signal,
    registry: () => openRegistry(machine, insecureRegistries, task.events, task.signal),
    daemon: () => openDaemon(machine, task.signal),
  };
}
