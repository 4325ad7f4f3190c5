import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackOnce } from '../../src/builder/unpack-once.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-unpack-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const now = new Date();

describe('unpackOnce()', () => {
  it('fills once', async () => {
    let fills = 0;
    const fill = async (temporary: string) => {
      fills++;
      writeFileSync(join(temporary, 'file'), 'content');
      await Promise.resolve();
    };
    const target = join(directory, 'key');
    expect(await unpackOnce(target, now, fill)).toBe(target);
    await unpackOnce(target, now, fill);
    expect(fills).toBe(1);
    expect(readFileSync(join(target, 'file'), 'utf8')).toBe('content');
  });

  it('leaves nothing behind when filling fails', async () => {
    const fill = (temporary: string) => {
      writeFileSync(join(temporary, 'file'), 'half');
      return Promise.reject(new Error('disk full'));
    };
    await expect(unpackOnce(join(directory, 'key'), now, fill)).rejects.toThrow('disk full');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('lets two fill at once and keeps the first', async () => {
    const target = join(directory, 'key');
    let open = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    const slow = unpackOnce(target, now, async (temporary) => {
      writeFileSync(join(temporary, 'who'), 'slow');
      await opened;
    });
    await unpackOnce(target, now, (temporary) => Promise.resolve(writeFileSync(join(temporary, 'who'), 'quick')));
    open();
    await slow;
    expect(readFileSync(join(target, 'who'), 'utf8')).toBe('quick');
    expect(readdirSync(directory)).toEqual(['key']);
  });

  it('removes old left-overs of dead processes only', async () => {
    const old = new Date(now.getTime() - 7_200_000);
    const make = (name: string, time: Date) => {
      const path = join(directory, name);
      mkdirSync(path);
      utimesSync(path, time, time);
      return path;
    };
    const dead = make('a.4194000-0123456789ab.tmp', old);
    const fresh = make('b.4194000-0123456789ab.tmp', now);
    const alive = make(`c.${process.pid}-0123456789ab.tmp`, old);
    await unpackOnce(join(directory, 'key'), now, () => Promise.resolve());
    expect([dead, fresh, alive].map((path) => existsSync(path))).toEqual([false, true, true]);
  });
});
