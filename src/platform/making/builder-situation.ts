import type { BuilderToml } from '../../cnb/index.ts';
import type { Task } from '../api.ts';
import type { MakingOptions } from './api.ts';
import type { MakingPorts } from './ports.ts';

/** A run of `builder create` or `builder publish`: what stays the same for each of its targets. */
export interface BuilderSituation {
  readonly definition: BuilderToml;
  /** What relative paths in the definition begin at. */
  readonly baseDirectory: string;
  /** Groups of `id@version`, each in one layer. */
  readonly flatten: readonly (readonly string[])[];
  readonly options: MakingOptions;
  readonly ports: MakingPorts;
  readonly task: Task;
}
