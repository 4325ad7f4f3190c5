import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError } from '../foundation/index.ts';
import { DOWNLOADS, PLATFORM, isWithin } from './layout.ts';
import type { Mount } from '../executor/index.ts';
import type { BuildFolders } from './build-folders.ts';

/** Shows what lies elsewhere on this machine without mounting it, by links in the folders of a build. Throws `INLINE_UNABLE` for any other place. */
export function linkElsewhere(mounts: readonly Mount[], { platform, downloads }: Pick<BuildFolders, 'platform' | 'downloads'>): void {
  const places = [
    { target: PLATFORM, hostPath: platform.hostPath },
    { target: DOWNLOADS, hostPath: downloads.hostPath },
  ];
  for (const mount of mounts) {
    const place = places.find(({ target }) => isWithin(mount.target, target));
    if (mount.kind !== 'bind' || place === undefined) {
      throw new TspackError({
        code: 'INLINE_UNABLE',
        message: `Cannot put a volume at "${mount.target}": in this container nothing can be mounted`,
        nextStep: `Mount it into the container itself, or put it below ${PLATFORM}/bindings`,
      });
    }
    symlinkSync(mount.source, join(place.hostPath, mount.target.slice(place.target.length)));
  }
}
