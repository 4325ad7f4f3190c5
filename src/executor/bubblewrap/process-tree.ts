import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasSystemCode } from '../../foundation/index.ts';

/** Whether the process is gone, or only its entry is left for a parent that does not collect it. */
export function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return statFields(pid)?.state === 'Z';
  } catch (error) {
    return hasSystemCode(error, 'ESRCH');
  }
}

/**
 * Signals the program of a sandbox. Its first process is bubblewrap's reaper, which ignores signals; the program
 * is the reaper's child that started first, and may not be there yet.
 */
export async function signalProgram(reaper: number, name: NodeJS.Signals): Promise<void> {
  for (let tries = 0; tries < 200 && !hasEnded(reaper); tries += 1) {
    const program = children(reaper).sort((a, b) => a.startTime - b.startTime || a.pid - b.pid)[0];
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
