import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Command {
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Memory {
  /** Most resident bytes of the first process, as the kernel counts them. */
  readonly processBytes: number;
  /** Largest sum of resident bytes over the process tree and `others`, seen every 20 ms; shared pages count in each. */
  readonly treeBytes: number;
}

export interface Measurement {
  readonly milliseconds: number;
  readonly output: string;
  readonly memory?: Memory;
}

export interface MeasureOptions {
  /** Watching costs processor time: a run that is timed has none. */
  readonly watchMemory?: boolean;
  /** Processes that work for the command but are no children of it. */
  readonly others?: () => readonly number[];
}

/** Runs a command to its end and takes the time. Throws with the end of its output when it fails. */
export async function measure({ command: [file = '', ...args], cwd, env }: Command, options: MeasureOptions = {}): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'tspack-bench-log-'));
  const log = join(folder, 'log');
  const descriptor = openSync(log, 'w');
  try {
    const started = performance.now();
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', descriptor, descriptor] });
    const watch = options.watchMemory === true && child.pid !== undefined ? watchMemory(child.pid, options.others ?? (() => [])) : undefined;
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    const milliseconds = performance.now() - started;
    const memory = watch?.stop();
    const output = readFileSync(log, 'utf8');
    if (code !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${code}:\n${output.slice(-3000)}`);
    return { milliseconds, output, ...(memory === undefined ? {} : { memory }) };
  } finally {
    closeSync(descriptor);
    rmSync(folder, { recursive: true, force: true });
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function watchMemory(pid: number, others: () => readonly number[]): { stop: () => Memory } {
  let processBytes = 0;
  let treeBytes = 0;
  const look = () => {
    processBytes = Math.max(processBytes, statusBytes(pid, 'VmHWM'));
    const pids = new Set([pid, ...others()].flatMap((root) => [root, ...descendants(root)]));
    treeBytes = Math.max(
      treeBytes,
      [...pids].reduce((sum, each) => sum + statusBytes(each, 'VmRSS'), 0),
    );
  };
  look();
  const timer = setInterval(look, 20);
  return {
    stop() {
      clearInterval(timer);
      return { processBytes, treeBytes };
    },
  };
}

function statusBytes(pid: number, field: string): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readText(`/proc/${pid}/status`));
  return line === null ? 0 : Number(line[1]) * 1024;
}

function descendants(pid: number): readonly number[] {
  const threads = readFolder(`/proc/${pid}/task`);
  const children = threads.flatMap((thread) =>
    readText(`/proc/${pid}/task/${thread}/children`)
      .split(' ')
      .filter((id) => id !== '')
      .map(Number),
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** Processes whose command line has a text. */
export function processesWith(text: string): readonly number[] {
  return readFolder('/proc')
    .filter((name) => /^\d+$/.test(name) && readText(`/proc/${name}/cmdline`).includes(text))
    .map(Number);
}

/** Processes end while they are looked at. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
