import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Asks on `output` and reads a line of `input`; the answer to a secret question is not repeated on the terminal. */
export async function ask(question: string, kind: 'open' | 'secret', input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<string> {
  output.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: kind === 'secret' ? silent : output, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    if (kind === 'secret') output.write('\n');
  }
}
