import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** What bubblewrap reports about its sandbox. */
export interface SandboxStatus {
  /** The sandbox's first process, as the host numbers it; absent when the sandbox did not come about. */
  readonly firstProcess: number | undefined;
  /** Absent when the program was never run, or when the sandbox was killed. */
  readonly exitCode: number | undefined;
}

/** Reads bubblewrap's `--json-status-fd` to its end. `onStart` is told the number of the first process. */
export async function watchStatus(stream: Readable | null | undefined, onStart: (firstProcess: number) => void): Promise<SandboxStatus> {
  let firstProcess: number | undefined;
  let exitCode: number | undefined;
  // Node gives no streams to a child that it could not start for want of descriptors.
  if (stream === null || stream === undefined) return { firstProcess, exitCode };
  try {
    for await (const line of createInterface({ input: stream })) {
      const report = JSON.parse(line) as { readonly 'child-pid'?: number; readonly 'exit-code'?: number };
      if (report['child-pid'] !== undefined) {
        firstProcess = report['child-pid'];
        onStart(firstProcess);
      }
      exitCode = report['exit-code'] ?? exitCode;
    }
  } catch (error) {
    // A killed bubblewrap may leave half a line; what it had said before still holds.
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { firstProcess, exitCode };
}
