/**
 * Running processes in a build environment: the port, and the pipes that its adapters share. The adapters are
 * `bubblewrap/`, `container/` and `inline/`, which only `compose.ts` constructs. It knows nothing of phases or of what
 * an exit code means.
 *
 * @packageDocumentation
 */
export type { BuildEnvironment, Executor, ExecutorProbe, HostPath, Mount, ProcessExit, ProcessSpec, RunningProcess, Sandbox, SandboxPath } from './port.ts';
export type { LayerTarSource, RootChange, RootEnvironment, RootWorkshop, WritableRoot } from './root-workshop.ts';
export { createOutputPipes } from './output-pipe.ts';
export type { OutputPipe, OutputPipes } from './output-pipe.ts';
