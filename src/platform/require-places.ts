import { parseImageReference } from '../oci/index.ts';
import type { ImageReference } from '../oci/index.ts';
import type { Output, Task } from './api.ts';
import type { BuildSettings } from './build-settings.ts';
import type { MakingOptions } from './making/api.ts';
import type { MakingPorts } from './making/ports.ts';
import type { BuildPorts, RegistryImages } from './ports.ts';

/**
 * Asks the places that the image goes to whether they take it, before time is spent on building it: write access to the
 * repositories of its names and of the cache image (platform.md#analyzer, CNB.md C022), and a daemon that answers. Throws `DAEMON_UNREACHABLE`,
 * `IMAGE_REFERENCE_INVALID` and what the registry throws.
 */
export async function requirePlaces({ outputs, names, cache, insecureRegistries }: BuildSettings, task: Task, ports: BuildPorts): Promise<void> {
  await requireDaemon(outputs, () => ports.daemon(task.signal));
  const pushed = [...(isPushed(outputs) ? names : []), ...(cache.kind === 'image' ? [parseImageReference(cache.name)] : [])];
  await requireWriteAccess(pushed, () => ports.registry(insecureRegistries, task.events, task.signal));
}

/** The same for images that are made, under all of `names`. */
export async function requireMakingPlaces(
  { outputs, insecureRegistries }: MakingOptions,
  names: readonly string[],
  { daemon, registry }: MakingPorts,
  task: Task,
): Promise<void> {
  await requireDaemon(outputs, () => daemon(task));
  if (isPushed(outputs)) await requireWriteAccess(names.map(parseImageReference), () => registry(insecureRegistries, task));
}

const isPushed = (outputs: readonly Output[]): boolean => outputs.some(({ kind }) => kind === 'registry');

async function requireDaemon(outputs: readonly Output[], daemon: () => Promise<unknown>): Promise<void> {
  if (outputs.some(({ kind }) => kind === 'docker')) await daemon();
}

async function requireWriteAccess(names: readonly ImageReference[], open: () => Promise<Pick<RegistryImages, 'repository'>>): Promise<void> {
  if (names.length === 0) return;
  const registry = await open();
  for (const repository of repositoriesOf(names)) await registry.repository(repository).verifyPushAccess();
}

/** One name for each repository. */
function repositoriesOf(names: readonly ImageReference[]): Iterable<ImageReference> {
  return new Map(names.map((name) => [`${name.registry}/${name.repository}`, name])).values();
}
