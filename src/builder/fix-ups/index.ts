import { missingParents } from '../root-tree.ts';
import type { RootEntry, RootTree } from '../root-tree.ts';
import { writeAccounts } from './accounts.ts';
import { writeCertificates } from './certificates.ts';
import type { FixUp, FixUpInput } from './fix-up.ts';
import { writeHostFiles } from './host-files.ts';
import { linkAlternatives, linkMergedDirectories } from './links.ts';
import { makeMountPoints } from './mount-points.ts';
import { writeStatusFiles } from './status-files.ts';

/** A part of the keys of unpacked roots: raise it with every change to a fix-up or to the rules of extraction. */
export const FIX_UP_VERSION = 1;

/**
 * All that stands in for maintainer scripts, which never run, in this order. Two more are rules of extraction:
 * directories move below /usr, and manuals, documentation other than copyright, and setuid bits are left out.
 * Nothing else was needed: no ldconfig (Debian's loader knows its directories), no locale-gen, PAM or dpkg database.
 */
const FIX_UPS: readonly FixUp[] = [
  linkMergedDirectories, // /bin -> usr/bin, as base-files' installation leaves them
  makeMountPoints, // /proc, /tmp, /workspace, /home/cnb, ... and /var/run
  writeAccounts, // passwd and group from base-passwd's lists, and the user cnb
  writeHostFiles, // nsswitch.conf, hosts, resolv.conf, mtab, localtime, ...
  writeCertificates, // the CA bundle and its hash links
  linkAlternatives, // awk, sh, cc, which, lzma, ...
  writeStatusFiles, // per package, for scanners
];

/** The tree with every fix-up applied and every parent directory there. */
export function applyFixUps(input: FixUpInput): RootTree {
  const tree = new Map<string, RootEntry>(input.tree);
  for (const fixUp of FIX_UPS) {
    for (const entry of fixUp({ ...input, tree })) tree.set(entry.path, entry);
  }
  for (const parent of missingParents(tree)) tree.set(parent.path, parent);
  return tree;
}
