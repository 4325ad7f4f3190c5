import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasSystemCode } from '../../foundation/index.ts';

/** Whether the process is gone, or only its entry is left for a parent that does not collect it. */
function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return statFields(pid)?.state === 'Z';
  } catch (error) {
    return hasSystemCode(error, 'ESRCH');
  }
}

/** The processes of a sandbox end with its first one, which the kernel ends last; the parent may be gone a little earlier. */
export async function waitUntilEnded(pid: number): Promise<void> {
  for (let waited = 0; waited < 5000 && !hasEnded(pid); waited += 1) await sleep(1);
}

/**
 * Signals the program of a sandbox. Its first process is bubblewrap's reaper, which ignores signals; the program
 * is the reaper's child that started first, and may not be there yet. `depth`: 1 for a child, 2 for a child's child.
 */
export async function signalProgram(reaper: number, name: NodeJS.Signals, depth = 1): Promise<void> {
  for (let tries = 0; tries < 200 && !hasEnded(reaper); tries += 1) {
    const program = firstDescendant(reaper, depth);
    if (program !== undefined) {
      try {
        process.kill(program.pid, name);
      } catch (error) {
        if (!hasSystemCode(error, 'ESRCH')) throw error;
      }
      return;
    }
    await sleep(5);
  }
}

function firstDescendant(pid: number, depth: number): ProcessEntry | undefined {
  const child = children(pid).sort((a, b) => a.startTime - b.startTime || a.pid - b.pid)[0];
  return child === undefined || depth <= 1 ? child : firstDescendant(child.pid, depth - 1);
}

interface ProcessEntry {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  /** Clock ticks since the machine started. */
  readonly startTime: number;
}

function children(parent: number): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((name) => statFields(Number(name)) ?? [])
    .filter((entry) => entry.parent === parent);
}

/** proc_pid_stat(5). The program's name is in parentheses and may itself hold any character. */
function statFields(pid: number): ProcessEntry | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, state: fields[0] ?? '', parent: Number(fields[1]), startTime: Number(fields[19]) };
  } catch {
    return undefined;
  }
}
