import type { ProcessSpec } from '../index.ts';

/** One message of `root-tool serve`: the length of its content and the number of the program in the machine's byte order, its kind between them. */
export interface Frame {
  /** Output, error output, started, exit code; why not: confined, folder, program. */
  readonly kind: 'o' | 'e' | 's' | 'x' | 'c' | 'f' | 'p';
  readonly id: number;
  readonly content: Buffer;
}

const HEADER_BYTES = 9;
const WANTS_STDOUT = 1;
const WANTS_STDERR = 2;
const JOINED = 4;

/** Both architectures are little-endian. */
function frame(kind: string, id: number, content: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(content.length, 0);
  header.write(kind, 4, 'latin1');
  header.writeUInt32LE(id, 5);
  return Buffer.concat([header, content]);
}

function words(...numbers: readonly number[]): Buffer {
  const content = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, index) => content.writeUInt32LE(number, 4 * index));
  return content;
}

/** Asks for a program. No string of it may hold NUL. */
export function runFrame(id: number, { command, cwd, env, stdout, stderr }: ProcessSpec): Buffer {
  const joined = stdout !== undefined && stdout === stderr;
  const flags = (stdout === undefined ? 0 : WANTS_STDOUT) | (joined ? JOINED : stderr === undefined ? 0 : WANTS_STDERR);
  // As bubblewrap does with --chdir.
  const variables = Object.entries({ ...env, PWD: cwd }).map(([name, value]) => `${name}=${value}`);
  const strings = [cwd, ...command, ...variables].map((text) => `${text}\0`).join('');
  return frame('r', id, Buffer.concat([words(flags, command.length, variables.length), Buffer.from(strings)]));
}

/** Ends a program with all that it started. */
export function killFrame(id: number): Buffer {
  return frame('k', id, Buffer.alloc(0));
}

export function signalFrame(id: number, signal: number): Buffer {
  return frame('s', id, words(signal));
}

/** Takes the bytes that came, and gives the frames that are complete. */
export function createFrameReader(): (chunk: Buffer) => readonly Frame[] {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const frames: Frame[] = [];
    while (held.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + held.readUInt32LE(0);
      if (held.length < end) break;
      frames.push({ kind: held.toString('latin1', 4, 5) as Frame['kind'], id: held.readUInt32LE(5), content: held.subarray(HEADER_BYTES, end) });
      held = held.subarray(end);
    }
    return frames;
  };
}
