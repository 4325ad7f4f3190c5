/**
 * Running processes in a build environment: the port, types only. Its adapters are `bubblewrap/`, `container/`
 * and `inline/`, which only `compose.ts` constructs. It knows nothing of phases or of what an exit code means.
 *
 * @packageDocumentation
 */
export type { BuildEnvironment, Executor, ExecutorProbe, HostPath, Mount, ProcessExit, ProcessSpec, RunningProcess, Sandbox, SandboxPath } from './port.ts';
