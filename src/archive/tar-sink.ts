import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { digestFromHex } from '../foundation/index.ts';
import type { Digest } from '../foundation/index.ts';

/** Large enough that a system call per buffer costs nothing, small enough to stay in a CPU's cache. */
const BUFFER_BYTES = 1024 * 1024;

/** Collects the bytes of a tar in one buffer, and hashes and writes each full one. Synchronous: for worker threads. */
export class TarSink {
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #hash = createHash('sha256');
  readonly #file: number | undefined;
  #used = 0;
  #flushed = 0;

  /** `file` is an open file descriptor, which stays the caller's; undefined: only hashes. */
  constructor(file: number | undefined) {
    this.#file = file;
  }

  /** Where the next bytes go: filled by the caller, then told with {@link advance}. Never empty. */
  room(): Buffer {
    if (this.#used === BUFFER_BYTES) this.#flush();
    return this.#buffer.subarray(this.#used);
  }

  advance(bytes: number): void {
    this.#used += bytes;
  }

  append(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length;) {
      const room = this.room();
      const part = bytes.subarray(offset, offset + room.length);
      room.set(part);
      this.advance(part.length);
      offset += part.length;
    }
  }

  zeros(count: number): void {
    for (let left = count; left > 0;) {
      const room = this.room();
      const part = Math.min(left, room.length);
      room.fill(0, 0, part);
      this.advance(part);
      left -= part;
    }
  }

  finish(): { readonly digest: Digest; readonly sizeBytes: number } {
    this.#flush();
    return { digest: digestFromHex(this.#hash.digest('hex')), sizeBytes: this.#flushed };
  }

  #flush(): void {
    const full = this.#buffer.subarray(0, this.#used);
    this.#hash.update(full);
    if (this.#file !== undefined) {
      for (let offset = 0; offset < full.length;) offset += writeSync(this.#file, full, offset);
    }
    this.#flushed += full.length;
    this.#used = 0;
  }
}
