import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatPackageLock } from '../../src/debian/index.ts';
import { chooseLockedRuntime } from '../../src/sdk/index.ts';
import type { BuildContext, RuntimeVersionRequest } from '../../src/sdk/index.ts';

let place: string;
let said: string[];
beforeEach(() => {
  said = [];
  place = mkdtempSync(join(tmpdir(), 'locked-runtime-'));
  mkdirSync(join(place, 'packages'));
  const sources = [{ name: 'main', archive: 'debian', suite: 'trixie', date: '2026-11-01T00:00:00Z' }] as const;
  const common = { architecture: 'amd64', sha256: '0'.repeat(64), sizeBytes: 1, source: 'main', sets: ['lisp'] };
  const packages = [{ ...common, name: 'liblisp', version: '1:2.6.1-3+deb13u1', poolPath: 'pool/main/l/lisp/liblisp_2.6.1-3_amd64.deb' }];
  writeFileSync(join(place, 'packages/trixie.amd64.json'), formatPackageLock({ architecture: 'amd64', sources, packages, excluded: [] }));
});
afterEach(() => rmSync(place, { recursive: true }));

function choose(requests: readonly RuntimeVersionRequest[], packageName = 'liblisp'): string {
  const context = {
    buildpackDirectory: place,
    buildpack: { id: 'demo/lisp', version: '1' },
    target: { architecture: 'amd64' },
    choose: ({ name, version, reason }: { name: string; version: string; reason: string }) => void said.push(`${name} ${version}: ${reason}`),
  } as unknown as BuildContext;
  return chooseLockedRuntime(context, {
    ...{ title: 'Lisp', suite: 'trixie', set: 'lisp', packageName, requests },
    toRange: (text) => text.replace('at least ', '>='),
    invalid: (text, by) => new Error(`invalid ${text} of ${by}`),
    unsatisfiable: (text, by, offered) => new Error(`no ${text} of ${by} but ${offered}`),
  });
}

describe('chooseLockedRuntime()', () => {
  it('takes the version of the lock, without epoch and revision, and says why it fits', () => {
    expect(choose([])).toBe('2.6.1');
    const requests = [
      { text: 'at least 2', place: 'LISP' },
      { text: '2.6', place: 'lisp.toml' },
    ];
    expect(choose(requests)).toBe('2.6.1');
    expect(said).toEqual([
      "Lisp 2.6.1: Debian's; the application asks for none",
      'Lisp 2.6.1: Debian\'s; it satisfies "at least 2" of LISP and "2.6" of lisp.toml',
    ]);
  });

  it('throws what the buildpack says of a range that is none, and of one that nobody offers', () => {
    expect(() => choose([{ text: 'newest!', place: 'LISP' }])).toThrow('invalid newest! of LISP');
    expect(() => choose([{ text: '3', place: 'LISP' }])).toThrow('no 3 of LISP but 2.6.1');
    expect(() => choose([], 'other')).toThrow('the set "lisp" has no other of a readable version');
  });
});
