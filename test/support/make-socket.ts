import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Makes a socket at a path that may be longer than the kernel allows for one. Nobody listens on it. */
export async function makeSocket(path: string): Promise<void> {
  const short = join(tmpdir(), `socket-${process.pid}`);
  symlinkSync(dirname(path), short);
  try {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.on('error', reject).listen(join(short, 's'), resolve));
    // Closing removes the file, so it is given another name first.
    renameSync(join(short, 's'), join(short, basename(path)));
    await new Promise((resolve) => server.close(resolve));
  } finally {
    rmSync(short);
  }
}
