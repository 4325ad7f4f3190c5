import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** What names one running process beyond its number, which is used again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot at which it started; 0 where the system does not tell. */
  readonly startTicks: number;
  /** The boot and pid namespace that `pid` counts in: only there can another process judge it. */
  readonly scope: string;
}

/** Identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTicks: startTicks('self') ?? 0, scope: ownScope() };
}

/** Whether the process is still there; undefined when it lives where we cannot look. */
export function isAlive(identity: ProcessIdentity): boolean | undefined {
  if (identity.scope !== ownScope()) return undefined;
  if (identity.startTicks !== 0) return startTicks(String(identity.pid)) === identity.startTicks;
  try {
    process.kill(identity.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The identity as a part of a file's name, so that a file says from its first moment whose it is. */
export function ownTag(): string {
  const { pid, startTicks: ticks, scope } = ownIdentity();
  return `${pid}.${ticks}.${scopeTag(scope)}`;
}

/** As {@link isAlive}, for a name that begins with such a tag; undefined for other names, too. */
export function isOwnerAlive(name: string): boolean | undefined {
  const [, pid, ticks, scope] = /^(\d+)\.(\d+)\.([0-9a-f]{12})-/.exec(name) ?? [];
  const own = ownScope();
  return scope === scopeTag(own) ? isAlive({ pid: Number(pid), startTicks: Number(ticks), scope: own }) : undefined;
}

function scopeTag(scope: string): string {
  return createHash('sha256').update(scope).digest('hex').slice(0, 12);
}

function ownScope(): string {
  if (!existsSync('/proc/self/ns/pid')) return hostname();
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
}

/** Field 22 of `/proc/<pid>/stat`; the program's name before it may hold spaces and brackets. A zombie counts as gone. */
function startTicks(pid: string): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : Number(fields[19]);
}
