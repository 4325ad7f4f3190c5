import { describe, expect, it } from 'vitest';
import { chooseIdMap, formatIdMap, outsideId } from '../../../src/executor/bubblewrap/id-map.ts';
import type { IdFacts } from '../../../src/executor/bubblewrap/index.ts';

const WHOLE = '         0          0 4294967295\n';
const tools = { newuidmap: '/usr/bin/newuidmap', newgidmap: '/usr/bin/newgidmap' };
const facts = (changes: Partial<IdFacts>): IdFacts => ({
  ...{ uid: 1000, gid: 100, userName: 'ann', subuid: undefined, subgid: undefined, ownMap: WHOLE, tools },
  ...changes,
});

describe('chooseIdMap()', () => {
  it('gives root a block that is not root', () => {
    const map = chooseIdMap(facts({ uid: 0, gid: 0, userName: 'root' }));
    expect(map).toMatchObject({ written: 'direct', uids: [{ inside: 0, count: 65_536 }], owner: { uid: 1_879_113_728 } });
    expect('uids' in map && outsideId(map.uids, 0)).toBe(1_879_113_728);
  });

  it('takes the block that the administrator has given to root', () => {
    const map = chooseIdMap(facts({ uid: 0, gid: 0, userName: 'root', subuid: 'root:300000:65536\n', subgid: 'root:400000:65536\n' }));
    expect(map).toMatchObject({ owner: { uid: 300_000, gid: 400_000 } });
  });

  it('maps root of a namespace to itself, for he is nobody outside', () => {
    const ownMap = '0 1000 1\n1 100000 65536\n';
    const map = chooseIdMap(facts({ uid: 0, gid: 0, ownMap }));
    expect(map).toEqual({ written: 'direct', uids: [{ inside: 0, outside: 0, count: 65_536 }], gids: [{ inside: 0, outside: 0, count: 65_536 }] });
    expect(chooseIdMap(facts({ uid: 0, gid: 0, ownMap: '0 1000 1\n' }))).toMatchObject({ reason: 'this user namespace has only one user' });
  });

  it('puts the subordinate ids of a user behind his own', () => {
    const map = chooseIdMap(facts({ subuid: 'bob:1:2\nann:100000:65536\n', subgid: 'ann:200000:1000\n' }));
    expect(map).toEqual({
      written: 'tools',
      uids: [
        { inside: 0, outside: 1000, count: 1 },
        { inside: 1, outside: 100_000, count: 65_535 },
      ],
      gids: [
        { inside: 0, outside: 100, count: 1 },
        { inside: 1, outside: 200_000, count: 1000 },
      ],
    });
  });

  it('knows users by their number too, and takes the largest range', () => {
    const text = '1000:100:5\nann:100000:70000\nann:x:1\n';
    expect(chooseIdMap(facts({ subuid: text, subgid: text }))).toMatchObject({ uids: [{}, { outside: 100_000, count: 65_535 }] });
    expect(chooseIdMap(facts({ userName: undefined, subuid: text, subgid: text }))).toMatchObject({ uids: [{}, { outside: 100, count: 5 }] });
  });

  it('says what is missing', () => {
    expect(chooseIdMap(facts({}))).toMatchObject({ reason: "the user 'ann' has no subordinate ids in /etc/subuid and /etc/subgid" });
    expect(chooseIdMap(facts({ subuid: 'ann:1:2', subgid: 'ann:1:2', tools: undefined }))).toMatchObject({ nextStep: "Install the package 'uidmap'." });
  });
});

describe('outsideId()', () => {
  it('counts on from the start of the range', () => {
    const ranges = [
      { inside: 0, outside: 1000, count: 1 },
      { inside: 1, outside: 100_000, count: 10 },
    ];
    expect([0, 1, 10, 11].map((id) => outsideId(ranges, id))).toEqual([1000, 100_000, 100_009, undefined]);
    expect(formatIdMap(ranges, '\n')).toBe('0 1000 1\n1 100000 10');
  });
});
