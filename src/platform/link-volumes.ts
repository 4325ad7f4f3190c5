import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError } from '../foundation/index.ts';
import { PLATFORM, isWithin } from './layout.ts';
import type { Mount } from '../executor/index.ts';

/** Puts volumes below `<platform>` without mounting anything, by links. Throws `INLINE_UNABLE` for volumes elsewhere. */
export function linkVolumes(volumes: readonly Mount[], platformDirectory: string): void {
  for (const volume of volumes) {
    if (volume.kind === 'bind' && isWithin(volume.target, PLATFORM)) {
      symlinkSync(volume.source, join(platformDirectory, volume.target.slice(PLATFORM.length)));
      continue;
    }
    throw new TspackError({
      code: 'INLINE_UNABLE',
      message: `Cannot put a volume at "${volume.target}": in this container nothing can be mounted`,
      nextStep: `Mount it into the container itself, or put it below ${PLATFORM}/bindings`,
    });
  }
}
