const HEADER_BYTES = 8;

/**
 * Splits the stream that carries a container's stdout and stderr: frames of one byte for the stream, three zeros, the
 * length in four bytes, and the content (Engine API, "Attach to a container"). Frames may be cut anywhere.
 */
export async function readStdStreams(
  source: AsyncIterable<Uint8Array>,
  sinks: { readonly stdout?: ((chunk: Uint8Array) => void) | undefined; readonly stderr?: ((chunk: Uint8Array) => void) | undefined },
): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let left = 0;
  let sink: ((chunk: Uint8Array) => void) | undefined;
  for await (const chunk of source) {
    for (let offset = 0; offset < chunk.length;) {
      if (left === 0) {
        const part = chunk.subarray(offset, offset + HEADER_BYTES - headerBytes);
        header.set(part, headerBytes);
        headerBytes += part.length;
        offset += part.length;
        if (headerBytes < HEADER_BYTES) continue;
        headerBytes = 0;
        left = header.readUInt32BE(4);
        sink = header[0] === 2 ? sinks.stderr : sinks.stdout;
        continue;
      }
      const part = chunk.subarray(offset, offset + left);
      sink?.(part);
      left -= part.length;
      offset += part.length;
    }
  }
}
