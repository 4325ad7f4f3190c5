/** A longer line is not a message of a daemon. */
const MAXIMUM_LINE = 1024 * 1024;

/** The JSON values of a stream with one per line, as daemons report progress. Lines that are none are skipped. */
export async function* readJsonLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<object> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of source) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!.slice(0, MAXIMUM_LINE);
    for (const line of lines) yield* parse(line);
  }
  yield* parse(rest);
}

function* parse(line: string): Generator<object> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) yield value;
  } catch {
    // Not a message.
  }
}
