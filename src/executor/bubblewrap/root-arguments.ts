import { planMounts } from './mount-plan.ts';
import type { HostView } from './host-view.ts';
import type { PlannedMount } from './mount-plan.ts';
import type { HostPath, Mount, ProcessSpec, RootEnvironment, SandboxPath } from '../index.ts';

/** Where the sandbox's own things are: in `/dev`, which is no part of the root. */
export const OWN_PLACE = '/dev/.tspack';

/** Docker's, without what writes file capabilities: those would not reach the layer. All of them over the sandbox's own ids only. */
const CAPABILITIES = [
  ...['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP'],
  ...['NET_BIND_SERVICE', 'NET_RAW', 'SYS_CHROOT', 'MKNOD', 'AUDIT_WRITE'],
];

/** A root that is made of trees, the topmost first, which is the writable one if there is a work folder. */
export interface LayeredRoot {
  readonly trees: readonly string[];
  readonly work?: string;
}

/**
 * Options of the inner bubblewrap for a process in a layered root, and the mount points that it has to make. `user`:
 * somebody without capabilities, in a namespace of his own; otherwise root of the outer sandbox.
 */
export function rootArguments(
  root: LayeredRoot,
  environment: Pick<RootEnvironment, 'mounts' | 'network' | 'hostname'>,
  spec: ProcessSpec,
  own: Readonly<Record<string, string>>,
  user: { readonly uid: number; readonly gid: number } | undefined,
  view: HostView,
): { readonly options: readonly string[]; readonly made: readonly string[] } {
  const [upper] = root.trees;
  const writable = root.work === undefined || upper === undefined ? {} : { upper, work: root.work };
  const ownMounts = Object.entries(own).map(([name, source]): Mount => ({
    kind: 'bind',
    source: source as HostPath,
    target: `${OWN_PLACE}/${name}` as SandboxPath,
    writable: name === 'state',
  }));
  const mounts: readonly PlannedMount[] = [
    { kind: 'layers', folders: root.trees, ...writable, target: '/' },
    { kind: 'proc', target: '/proc' },
    { kind: 'dev', target: '/dev' },
    ...ownMounts,
    ...environment.mounts,
    ...(spec.mounts ?? []),
  ];
  const plan = planMounts('', mounts, (source) => view.place(source));
  const identity =
    user === undefined
      ? ['--cap-drop', 'ALL', ...CAPABILITIES.flatMap((name) => ['--cap-add', `CAP_${name}`])]
      : ['--unshare-user', '--uid', String(user.uid), '--gid', String(user.gid), '--cap-drop', 'ALL'];
  return {
    made: plan.made,
    options: [
      ...identity,
      ...['--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
      ...(environment.network === 'none' ? ['--unshare-net'] : []),
      ...['--hostname', environment.hostname, '--die-with-parent'],
      ...plan.arguments,
      ...['--chdir', spec.cwd, '--clearenv'],
      ...Object.entries(spec.env).flatMap(([name, value]) => ['--setenv', name, value]),
    ],
  };
}
