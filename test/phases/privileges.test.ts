import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync, mkdtempSync, rmSync, chownSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runLifecycle } from '../../src/phases/index.ts';
import { PhasePlace } from '../support/phase-place.ts';
import type { PhaseUser } from '../../src/phases/index.ts';

const home = mkdtempSync(join(tmpdir(), 'tspack-privileges-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The restorer without anything to restore gives folders away, and becomes the user of the images. */
async function restore(place: PhasePlace, user: PhaseUser): Promise<number> {
  place.write('layers/group.toml', '[[group]]\nid = "test/shell"\nversion = "1"\napi = "0.10"\n');
  const args = ['-layers', place.at('layers'), '-cache-dir', place.at('cache'), '-uid', '1234', '-gid', '1235'];
  return await runLifecycle('restorer', args, place.ports({ user }));
}

function user(uid: number, become: PhaseUser['become']): PhaseUser {
  return { uid, gid: uid, become, lookUp: () => undefined };
}

describe('a phase that root starts', () => {
  it.skipIf(process.getuid?.() !== 0)('gives its folders to the user of the images, links themselves, and goes on as that user', async () => {
    const place = new PhasePlace(home);
    mkdirSync(place.at('cache/deep'), { recursive: true });
    writeFileSync(place.at('outside'), '');
    symlinkSync(place.at('outside'), place.at('cache/deep/link'));
    const became: (readonly number[])[] = [];
    expect(
      await restore(
        place,
        user(0, (...ids) => void became.push(ids)),
      ),
      place.printed.stderr,
    ).toBe(0);
    expect(became).toEqual([[1234, 1235]]);
    for (const path of ['layers', 'cache', 'cache/deep', 'cache/deep/link']) expect(lstatSync(place.at(path)), path).toMatchObject({ uid: 1234, gid: 1235 });
    expect(lstatSync(place.at('outside')).uid).toBe(0);
  });

  it.skipIf(process.getuid?.() !== 0)('leaves folders that the user can write to as they are', async () => {
    const place = new PhasePlace(home);
    mkdirSync(place.at('cache/deep'), { recursive: true });
    chownSync(place.at('cache'), 1, 1235);
    chmodSync(place.at('cache'), 0o770);
    expect(
      await restore(
        place,
        user(0, () => undefined),
      ),
      place.printed.stderr,
    ).toBe(0);
    expect(lstatSync(place.at('cache'))).toMatchObject({ uid: 1, gid: 1235 });
    expect(lstatSync(place.at('cache/deep')).uid).toBe(0);
  });

  it('ends with 1 when it may not become that user', async () => {
    const place = new PhasePlace(home);
    const refuse = () => {
      throw Object.assign(new Error('setgid EPERM'), { code: 'EPERM' });
    };
    mkdirSync(place.at('cache'));
    chmodSync(place.at('layers'), 0o777);
    chmodSync(place.at('cache'), 0o777);
    expect(await restore(place, user(0, refuse))).toBe(1);
    expect(place.printed.stderr).toContain('Cannot go on as user 1234:1235');
  });

  it('stays who it is when it is not root', async () => {
    const place = new PhasePlace(home);
    const refuse = () => {
      throw new Error('nobody asks for that');
    };
    expect(await restore(place, user(1001, refuse)), place.printed.stderr).toBe(0);
  });
});
