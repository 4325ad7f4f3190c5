import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, ownIdentity } from '../../src/store/index.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('acquireLock()', () => {
  it('lets one holder in at a time and says whom it waits for', async () => {
    const path = join(folder, 'a');
    let inside = 0;
    let most = 0;
    const waits: (number | undefined)[] = [];
    const enter = async () => {
      using _lock = await acquireLock(path, { onWait: (holder) => waits.push(holder?.pid) });
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside -= 1;
    };
    await Promise.all([enter(), enter(), enter()]);
    expect(most).toBe(1);
    expect(waits).toEqual([process.pid, process.pid]);
    expect(existsSync(path)).toBe(false);
  });

  it('takes over from a process that was killed', async () => {
    const path = join(folder, 'a');
    const child = spawn('sleep', ['100']);
    writeFileSync(path, JSON.stringify({ ...ownIdentity(), pid: child.pid, startTicks: 0 }));
    let waited = false;
    const lock = acquireLock(path, { onWait: () => (waited = true) });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(waited).toBe(true);
    child.kill('SIGKILL');
    (await lock)[Symbol.dispose]();
  });

  it('does not take a process number that is used again for the holder', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, JSON.stringify({ ...ownIdentity(), startTicks: 1 }));
    (await acquireLock(path))[Symbol.dispose]();
  });

  it('gives up on a holder elsewhere only after a long silence', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, JSON.stringify({ pid: 1, startTicks: 1, scope: 'another machine' }));
    await expect(acquireLock(path, { signal: AbortSignal.timeout(200) })).rejects.toThrow();
    utimesSync(path, new Date(0), new Date(0));
    (await acquireLock(path))[Symbol.dispose]();
  });
});
