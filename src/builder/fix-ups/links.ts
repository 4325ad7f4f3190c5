import { ARCHITECTURE_PATHS } from '../architecture.ts';
import { rootLink } from '../root-tree.ts';
import type { FixUp } from './fix-up.ts';

/** base-files makes these at installation: everything lives below /usr, the old names are links. */
export const linkMergedDirectories: FixUp = ({ architecture }) =>
  ARCHITECTURE_PATHS[architecture].mergedDirectories.map((name) => rootLink(`/${name}`, `usr/${name}`));

/**
 * Names that update-alternatives would register, and what they may stand for, best first. They are plain links: the
 * images hold one candidate each, and nothing in them chooses another.
 */
const ALTERNATIVES: Readonly<Record<string, readonly string[]>> = {
  '/usr/bin/awk': ['gawk', 'mawk'],
  '/usr/bin/nawk': ['gawk', 'mawk'],
  '/usr/bin/sh': ['dash', 'bash'],
  '/usr/bin/cc': ['gcc'],
  '/usr/bin/c++': ['g++'],
  '/usr/bin/c89': ['c89-gcc'],
  '/usr/bin/c99': ['c99-gcc'],
  '/usr/bin/which': ['which.debianutils'],
  '/usr/bin/pager': ['less', 'more'],
  '/usr/bin/lzma': ['xz'],
  '/usr/bin/unlzma': ['unxz'],
  '/usr/bin/lzcat': ['xzcat'],
  '/usr/sbin/rmt': ['rmt-tar'],
};

/** Links each alternative to its best candidate; a name that a package ships itself stays. */
export const linkAlternatives: FixUp = ({ tree }) =>
  Object.entries(ALTERNATIVES).flatMap(([path, candidates]) => {
    const directory = path.slice(0, path.lastIndexOf('/'));
    const found = candidates.find((name) => tree.has(`${directory}/${name}`));
    return found === undefined || tree.has(path) ? [] : [rootLink(path, found, tree.get(`${directory}/${found}`)?.package)];
  });
