import { writeTar } from '../archive/index.ts';
import type { TarSourceEntry } from '../archive/index.ts';
import type { HostPath, Mount } from '../executor/index.ts';
import type { InstructionCache } from './instruction-cache.ts';
import type { BaseImage, DockerfilePorts, StageImage } from './ports.ts';
import type { RootIndex } from './root-index.ts';

/** Folders and empty files that are not there; a mount point made while a command runs would be that command's. */
export function missingPoints(points: NonNullable<BaseImage['mountPoints']>, index: RootIndex): readonly TarSourceEntry[] {
  const entries = new Map<string, TarSourceEntry>();
  for (const { path, type } of points) {
    const found = index.resolve(path);
    if (found.type !== 'missing') continue;
    const parts = found.path.slice(1).split('/');
    parts.forEach((_, end) => {
      const name = parts.slice(0, end + 1).join('/');
      if (entries.has(name) || index.resolve(`/${name}`).type !== 'missing') return;
      const isFile = end === parts.length - 1 && type === 'file';
      entries.set(name, isFile ? { path: name, type: 'file', mode: 0o644, content: Buffer.alloc(0) } : { path: name, type: 'directory', mode: 0o755 });
    });
  }
  return [...entries.values()];
}

/** Calls `use` with the layer folders of an image and, as long as it lasts, one beneath them with the folders that `mounts` lack there. */
export async function withMountPoints<Result>(
  image: StageImage,
  mounts: readonly Mount[],
  { cache, ports, signal }: { readonly cache: InstructionCache; readonly ports: Pick<DockerfilePorts, 'workshop'>; readonly signal?: AbortSignal },
  use: (lowers: readonly HostPath[]) => Promise<Result>,
): Promise<Result> {
  const points = missingPoints(
    mounts.map(({ target }) => ({ path: target, type: 'directory' })),
    image.index,
  );
  if (points.length === 0) return await use(image.lowers);
  const directory = cache.pendingFolder();
  try {
    await ports.workshop.unpack({ directory, layers: [() => writeTar(points)], ...(signal === undefined ? {} : { signal }) });
    return await use([...image.lowers, directory]);
  } finally {
    await ports.workshop.remove(directory);
  }
}
