import { hostname } from 'node:os';
import type { HostPath, Sandbox } from '../executor/index.ts';
import type { PhasePorts } from './phase-ports.ts';

/** Opens the place where buildpacks run: this machine, as this user. */
export function openHere({ executor, user }: PhasePorts): Promise<Sandbox> {
  return executor.open({ root: '/' as HostPath, user: { uid: user.uid, gid: user.gid }, mounts: [], network: 'host', hostname: hostname() });
}
