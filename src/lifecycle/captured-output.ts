const HEAD_BYTES = 256 * 1024;
const TAIL_BYTES = 768 * 1024;

/** Keeps what a process prints, at most its first 256 KiB and its last 768 KiB. */
export class CapturedOutput {
  #head: Uint8Array[] = [];
  #headBytes = 0;
  #tail: Uint8Array[] = [];
  #tailBytes = 0;
  #droppedBytes = 0;

  /** Takes a chunk; usable as a sink. */
  readonly write = (chunk: Uint8Array): void => {
    const room = HEAD_BYTES - this.#headBytes;
    const first = chunk.subarray(0, Math.max(0, room));
    if (first.length > 0) {
      this.#head.push(new Uint8Array(first));
      this.#headBytes += first.length;
    }
    const rest = chunk.subarray(first.length);
    if (rest.length === 0) return;
    this.#tail.push(new Uint8Array(rest));
    this.#tailBytes += rest.length;
    while (this.#tail.length > 1 && this.#tailBytes - this.#tail[0]!.length >= TAIL_BYTES) {
      const dropped = this.#tail.shift()!.length;
      this.#tailBytes -= dropped;
      this.#droppedBytes += dropped;
    }
  };

  text(): string {
    const gap = this.#droppedBytes === 0 ? [] : [Buffer.from(`\n[${this.#droppedBytes} bytes left out]\n`)];
    return Buffer.concat([...this.#head, ...gap, ...this.#tail]).toString('utf8');
  }
}
