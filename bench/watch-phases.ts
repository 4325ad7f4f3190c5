import { spawn } from 'node:child_process';
import type { Command } from './measure.ts';

/** Milliseconds of each phase of a build, by the name that both tools print: `DETECTING`. */
export type PhaseTimes = ReadonlyMap<string, number>;

const PHASE = /===> ([A-Z]+)/;
/** What both say once the image is there. */
const SAVED = /Successfully built image|^Image:/;

/** Runs a build and takes the time when it says that a phase begins. Throws with the end of its output when it fails. */
export async function watchPhases({ command: [file = '', ...args], cwd, env }: Command): Promise<PhaseTimes> {
  const times = new Map<string, number>();
  let phase: string | undefined;
  let began = 0;
  let output = '';
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (now: number) => {
    if (phase !== undefined) times.set(phase, (times.get(phase) ?? 0) + now - began);
    phase = undefined;
  };
  for (const stream of [child.stdout, child.stderr]) {
    let line = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      const now = performance.now();
      output = (output + text).slice(-3000);
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const each of lines) {
        const begins = PHASE.exec(each)?.[1];
        if (begins !== undefined || SAVED.test(each)) end(now);
        if (begins !== undefined) [phase, began] = [begins, now];
      }
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${code}:\n${output}`);
  return times;
}
