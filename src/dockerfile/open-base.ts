import { writeTar } from '../archive/index.ts';
import { InstructionCache } from './instruction-cache.ts';
import { missingPoints } from './mount-points.ts';
import { RootIndex, readIndex } from './root-index.ts';
import type { BaseImage, DockerfilePorts, StageImage } from './ports.ts';

/** Unpacks an image to build on, once; from then on it is found in the cache. Throws what reading its layers throws. */
export async function openBase(base: BaseImage, ports: Pick<DockerfilePorts, 'workshop' | 'cache'>, signal?: AbortSignal): Promise<StageImage> {
  const cache = new InstructionCache(ports.cache, ports.workshop);
  const key = cache.key('', ['base', base.key, base.mountPoints ?? []]);
  let found = cache.find(key);
  if (found === undefined) {
    const index = await readIndex(base.layers);
    const points = missingPoints(base.mountPoints ?? [], index);
    const folder = cache.pendingFolder();
    try {
      const layers = [...base.layers, ...(points.length === 0 ? [] : [() => writeTar(points)])];
      await ports.workshop.unpack({ directory: folder, layers, ...(signal === undefined ? {} : { signal }) });
      found = await cache.keep(key, { folder, changes: index.toChanges() });
    } catch (error) {
      await ports.workshop.remove(folder);
      throw error;
    }
  }
  return {
    key,
    // Docker writes null for what is not set.
    config: Object.fromEntries(Object.entries(base.config).filter(([, value]) => value !== null)),
    platform: base.platform,
    lowers: [found.folder!],
    index: RootIndex.empty.with(found.changes),
    added: [],
    tars: base.layers,
    history: [],
  };
}
