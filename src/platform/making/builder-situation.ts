import type { BuilderToml } from '../../cnb/index.ts';
import type { Task } from '../api.ts';
import type { CreateBuilderImageOptions } from './api.ts';
import type { MakingPorts } from './ports.ts';

/** A run of `builder create`: what stays the same for each of its targets. */
export interface BuilderSituation {
  readonly definition: BuilderToml;
  readonly baseDirectory: string;
  readonly options: CreateBuilderImageOptions;
  readonly ports: MakingPorts;
  readonly task: Task;
}
