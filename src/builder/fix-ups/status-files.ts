import { statusStanza } from '../../debian/index.ts';
import { rootFile } from '../root-tree.ts';
import type { FixUp } from './fix-up.ts';

/**
 * One file per package below /var/lib/dpkg/status.d, as distroless images have: scanners find every package, each
 * layer carries its own, and no database has to be rewritten when one package changes.
 */
export const writeStatusFiles: FixUp = ({ packages }) =>
  packages.flatMap(({ name, control, md5sums }) => {
    const path = `/var/lib/dpkg/status.d/${name}`;
    return [rootFile(path, statusStanza(control), name), ...(md5sums === undefined ? [] : [rootFile(`${path}.md5sums`, md5sums, name)])];
  });
