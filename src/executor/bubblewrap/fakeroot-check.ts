import { TspackError } from '../../foundation/index.ts';
import type { ProcessExit, ProcessSpec } from '../index.ts';
import type { FilteredArchitecture } from './system-calls.ts';

const LOADERS = { amd64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' } as const;
/** What the library of the toolbox' fakeroot asks for, after `forOlderGlibc`. */
const NEEDED = [2, 34] as const;

/** Whether fakeroot's library can be loaded by the programs of a root: glibc's own, and those of a glibc that is not too old. */
export async function acceptsFakeroot(architecture: FilteredArchitecture, run: (process: ProcessSpec) => Promise<ProcessExit>): Promise<boolean> {
  let text = '';
  const hear = (chunk: Uint8Array): void => void (text += Buffer.from(chunk).toString('latin1').slice(0, 1000));
  try {
    await run({ command: [LOADERS[architecture], '--version'], cwd: '/' as ProcessSpec['cwd'], env: {}, stdout: hear, stderr: hear });
  } catch (error) {
    // There is no such loader: another C library, or none.
    if (error instanceof TspackError && error.message.startsWith(`Cannot start '${LOADERS[architecture]}'`)) return false;
    throw error;
  }
  return isNewEnough(text);
}

/** By what glibc's loader says of itself, since 2.33. */
export function isNewEnough(text: string): boolean {
  const [, major, minor] = /stable release version (\d+)\.(\d+)/u.exec(text) ?? [];
  return major !== undefined && (Number(major) > NEEDED[0] || (Number(major) === NEEDED[0] && Number(minor) >= NEEDED[1]));
}
