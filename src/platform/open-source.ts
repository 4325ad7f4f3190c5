import { removeTree } from '../foundation/index.ts';
import { formatFamiliarReference, parseImageReference } from '../oci/index.ts';
import { fetchSource, locateSource } from '../source/index.ts';
import { createWorkDirectory } from '../store/index.ts';
import type { BuildOptions, LocalBuildOptions, Task } from './api.ts';
import type { BuildPorts } from './ports.ts';

/** A build's options with its application in a folder; what was fetched for them is removed with it. */
export interface OpenedSource extends Disposable {
  readonly options: LocalBuildOptions;
}

/**
 * Brings the application into a folder unless it is in one. A folder of the user is neither looked at nor changed. Throws `IMAGE_REFERENCE_INVALID`
 * before anything is fetched, what {@link locateSource} and {@link fetchSource} throw, and leaves nothing behind then.
 */
export async function openSource(
  options: BuildOptions,
  { events, signal }: Task,
  { home, runGit }: Pick<BuildPorts, 'home' | 'runGit'>,
): Promise<OpenedSource> {
  const place = locateSource(options.path, options.baseDirectory ?? '/');
  if (place.kind === 'folder') return { options: { ...options, path: place.path }, [Symbol.dispose]: () => undefined };
  const image = formatFamiliarReference(parseImageReference(options.image));
  const directory = createWorkDirectory(home);
  const remove = () => removeTree(directory);
  const step = { kind: 'step', id: 'source', label: `${place.kind === 'git' ? 'Fetching' : 'Unpacking'} ${place.shown} for ${image}` } as const;
  events({ ...step, finished: false });
  try {
    const { folder, git } = await fetchSource(place, directory, { runGit, signal });
    events({ ...step, finished: true });
    return { options: { ...options, path: folder, origin: { name: place.shown, ...(git === undefined ? {} : { git }) } }, [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    throw error;
  }
}
