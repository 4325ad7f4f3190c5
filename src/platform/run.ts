import { TspackError } from '../foundation/index.ts';
import { findImage } from './find-image.ts';
import { parseImageReference } from '../oci/index.ts';
import type { Image, ImageReference } from '../oci/index.ts';
import type { RunExit, RunOptions, Task } from './api.ts';
import type { FindImagePorts } from './find-image.ts';

/** What runs an image. */
export interface RunPorts extends FindImagePorts {
  /** Runs it in Docker or Podman; undefined when neither answers. */
  readonly container: () => Promise<((image: Image, reference: ImageReference, options: RunOptions, task: Task) => Promise<RunExit>) | undefined>;
  readonly sandbox: (image: Image, options: RunOptions, task: Task) => Promise<RunExit>;
}

/**
 * Starts an image and waits for its end: by Docker or Podman when asked or present, else in a sandbox. An image that is
 * not here is taken from its registry into the local store. Throws `IMAGE_NOT_FOUND`, `DAEMON_UNREACHABLE`.
 */
export async function run(options: RunOptions, task: Task, ports: RunPorts): Promise<RunExit> {
  const found = await findImage({ image: options.image, remote: false, insecureRegistries: [] }, ports);
  const reference = parseImageReference(found.name.startsWith('oci:') ? 'tspack-run' : found.name);
  if (found.place.startsWith('registry')) {
    task.events({ kind: 'step', id: 'pull', label: `Pulling ${found.name}`, finished: false });
    await ports.store.write(found.image, [reference]);
    task.events({ kind: 'step', id: 'pull', label: `Pulled ${found.name}`, finished: true });
  }
  if (options.runtime === 'sandbox') return await ports.sandbox(found.image, options, task);
  const container = await ports.container();
  if (container !== undefined) return await container(found.image, reference, options, task);
  if (options.runtime === 'auto') return await ports.sandbox(found.image, options, task);
  throw new TspackError({
    code: 'DAEMON_UNREACHABLE',
    message: `Cannot run "${options.image}" in Docker or Podman: neither answers here`,
    nextStep: 'Run tspack doctor, which says why, or leave --runtime out to use the sandbox',
  });
}
