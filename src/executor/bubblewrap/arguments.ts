import { planMounts } from './mount-plan.ts';
import type { BuildEnvironment, ProcessSpec, SandboxPath } from '../index.ts';
import type { MountPlan } from './mount-plan.ts';

/** How the `/proc` of a sandbox is made: `bound` shows the machine's processes, where a fresh one is forbidden. */
export type ProcMount = 'fresh' | 'bound';

/** bubblewrap's options for one process of an environment (DESIGN.md §3); the program itself comes after them. */
export function bubblewrapArguments(environment: BuildEnvironment, process: ProcessSpec, proc: ProcMount, trees: readonly string[] = []): readonly string[] {
  return argumentsFor(environment, process, planEnvironment(environment, process, proc, trees).arguments);
}

/** `trees`: what the root is made of, the topmost first, when it is not one folder. */
export function planEnvironment(environment: BuildEnvironment, process: Pick<ProcessSpec, 'mounts'>, proc: ProcMount, trees: readonly string[]): MountPlan {
  const own = [...environment.mounts, ...(process.mounts ?? [])];
  return planMounts(environment.root, [
    ...(trees.length === 0 ? [] : [{ kind: 'layers', folders: trees, target: '/' } as const]),
    // What replaces the root must not cover what lies on it.
    ...own.filter((mount) => mount.target === '/'),
    { kind: proc === 'fresh' ? 'proc' : 'host-proc', target: '/proc' },
    { kind: 'dev', target: '/dev' },
    { kind: 'tmpfs', target: '/tmp' as SandboxPath },
    ...own.filter((mount) => mount.target !== '/'),
  ]);
}

function argumentsFor(environment: BuildEnvironment, process: ProcessSpec, mounts: readonly string[]): readonly string[] {
  return [
    '--unshare-user',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(environment.network === 'none' ? ['--unshare-net'] : []),
    ...['--uid', String(environment.user.uid), '--gid', String(environment.user.gid)],
    ...['--hostname', environment.hostname],
    ...['--cap-drop', 'ALL'],
    // Also ends what the process leaves behind: the sandbox's first process dies with its parent.
    '--die-with-parent',
    ...mounts,
    ...['--chdir', process.cwd],
    '--clearenv',
    ...Object.entries(process.env).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}
