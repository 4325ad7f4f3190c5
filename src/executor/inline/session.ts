import { readFileSync, readdirSync } from 'node:fs';

/** proc_pid_stat(5): parent and session of a process; the program's name is in parentheses and may hold any character. */
function parentAndSession(pid: string): { readonly parent: number; readonly session: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : { parent: Number(fields[1]), session: Number(fields[3]) };
  } catch {
    return undefined;
  }
}

/**
 * Kills every process of a session: whatever group it has moved to. Where we are process 1 of a container, those that
 * left the session have become our children; `others` are the children that are to stay.
 */
export function endSession(leader: number, others: ReadonlySet<number>): void {
  for (let tries = 0; tries < 50; tries++) {
    const left = readdirSync('/proc')
      .filter((name) => /^\d+$/u.test(name))
      .filter((name) => belongs(Number(name), leader, others));
    if (left.length === 0) return;
    for (const pid of left) kill(Number(pid));
  }
}

function belongs(pid: number, leader: number, others: ReadonlySet<number>): boolean {
  if (pid === process.pid || others.has(pid)) return false;
  const found = parentAndSession(String(pid));
  if (found === undefined || others.has(found.session)) return false;
  return found.session === leader || (process.pid === 1 && found.parent === 1);
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, or is another user's.
  }
}
