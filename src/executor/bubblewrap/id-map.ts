import { userRanges } from './subordinate-ids.ts';

/** `count` ids from `inside` on, as a sandbox numbers them, are those from `outside` on of this process. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** Whose ids a sandbox of root uses. */
export interface IdMap {
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
  /** `direct`: the caller may write the map itself; `tools`: newuidmap and newgidmap do. */
  readonly written: 'direct' | 'tools';
  /** Who bubblewrap runs as, when not as the caller; needs root. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** What {@link chooseIdMap} decides from. */
export interface IdFacts {
  readonly uid: number;
  readonly gid: number;
  /** Of the caller, as /etc/passwd has it. */
  readonly userName: string | undefined;
  /** Text of /etc/subuid and /etc/subgid. */
  readonly subuid: string | undefined;
  readonly subgid: string | undefined;
  /** Text of /proc/self/uid_map. */
  readonly ownMap: string | undefined;
  /** Paths of newuidmap and newgidmap. */
  readonly tools: { readonly newuidmap: string; readonly newgidmap: string } | undefined;
}

/** As many as images use: nobody is 65534. */
export const WANTED_IDS = 65_536;
const ALL_IDS = 4_294_967_295;
/** Behind the ranges that systemd gives to containers, in none that distributions assign (systemd's `UIDS-GIDS.md`). */
const BLOCK_OF_ROOT = 0x7001_0000;

/**
 * The ids that a sandbox of root may use here, or why there is only one. Root of the machine is never in it: for root,
 * bubblewrap runs as the first id of a block that nobody else has.
 */
export function chooseIdMap(facts: IdFacts): IdMap | { readonly reason: string; readonly nextStep: string } {
  const { uid, gid } = facts;
  const names = [facts.userName, String(uid)].filter((name) => name !== undefined);
  const uids = userRanges(facts.subuid, names)[0];
  const gids = userRanges(facts.subgid, names)[0];
  if (uid === 0) {
    const available = countOwnIds(facts.ownMap);
    if (available === ALL_IDS) {
      const [from, fromGid] = [uids, gids].map((range) => (range !== undefined && range.count >= WANTED_IDS ? range.start : BLOCK_OF_ROOT));
      const block = { uid: from ?? BLOCK_OF_ROOT, gid: fromGid ?? BLOCK_OF_ROOT };
      const whole = (outside: number): readonly IdRange[] => [{ inside: 0, outside, count: WANTED_IDS }];
      return { uids: whole(block.uid), gids: whole(block.gid), written: 'direct', owner: block };
    }
    // Root of a namespace is nobody special outside of it.
    const own: readonly IdRange[] = [{ inside: 0, outside: 0, count: Math.min(available, WANTED_IDS) }];
    if (available > 1) return { uids: own, gids: own, written: 'direct' };
    return { reason: 'this user namespace has only one user', nextStep: 'Give the surrounding container a range of users.' };
  }
  const name = facts.userName ?? String(uid);
  if (uids === undefined || gids === undefined) {
    return {
      reason: `the user '${name}' has no subordinate ids in /etc/subuid and /etc/subgid`,
      nextStep: `Ask the administrator to run 'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${name}'.`,
    };
  }
  if (facts.tools === undefined) {
    return { reason: 'newuidmap and newgidmap are not installed', nextStep: "Install the package 'uidmap'." };
  }
  const behind = (own: number, range: { readonly start: number; readonly count: number }): readonly IdRange[] => [
    { inside: 0, outside: own, count: 1 },
    { inside: 1, outside: range.start, count: Math.min(range.count, WANTED_IDS - 1) },
  ];
  return { uids: behind(uid, uids), gids: behind(gid, gids), written: 'tools' };
}

/** What an id of the sandbox is outside of it; undefined when it has none. */
export function outsideId(ranges: readonly IdRange[], inside: number): number | undefined {
  const range = ranges.find((each) => inside >= each.inside && inside < each.inside + each.count);
  return range === undefined ? undefined : range.outside + inside - range.inside;
}

/** As `/proc/<pid>/uid_map` and newuidmap want them. */
export function formatIdMap(ranges: readonly IdRange[], separator: string): string {
  return ranges.map(({ inside, outside, count }) => `${inside} ${outside} ${count}`).join(separator);
}

/** How many ids from 0 on this process can give away. */
function countOwnIds(map: string | undefined): number {
  const lines = (map ?? '').split('\n').map((line) => line.trim().split(/\s+/u).map(Number));
  const first = lines.find(([inside]) => inside === 0);
  const all = first?.[2] ?? 1;
  if (all === ALL_IDS) return first?.[1] === 0 ? ALL_IDS : WANTED_IDS;
  let end = all;
  for (const [inside, , count] of lines.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))) if (inside === end) end += count ?? 0;
  return end;
}
