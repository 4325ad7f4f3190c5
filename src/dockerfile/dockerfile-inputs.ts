import type { HostPath } from '../executor/index.ts';
import type { Dockerfile } from './instruction.ts';
import type { BaseImage, RunSurroundings } from './ports.ts';

export interface DockerfileInputs {
  readonly dockerfile: Dockerfile;
  /** Where the text lies; a `.dockerignore` of its own is looked for beside it. */
  readonly dockerfilePath?: string;
  /** The build context. */
  readonly context: HostPath;
  readonly buildArguments: Readonly<Record<string, string>>;
  /** Arguments with another value each time: only commands that mention them are run anew for it. */
  readonly volatileArguments?: readonly string[];
  readonly platform: BaseImage['platform'];
  /** Name or number of the stage to build; the last one otherwise. Stages that it does not need are left out. */
  readonly target?: string;
  /** Absolute paths below which RUN may write without a trace. */
  readonly ignoredPaths?: readonly string[];
  readonly surroundings: RunSurroundings;
  readonly signal?: AbortSignal;
}
