import { rewordErrors } from '../foundation/index.ts';
import { parseImageReference } from '../oci/index.ts';
import { invalidArguments } from './phase-error.ts';
import type { PhaseSituation } from './phase-situation.ts';

/**
 * Checks every image that the arguments name, and that all that are to be written are in one registry (CNB.md C020).
 * Throws with exit code 3.
 */
export function checkImageNames({ inputs, images }: Pick<PhaseSituation, 'inputs' | 'images'>): void {
  const [first = '', ...more] = images.map(registryOf);
  for (const name of [inputs.previousImage, inputs.runImage, inputs.buildImage, inputs.cacheImage]) if (name !== '') registryOf(name);
  const other = more.findIndex((registry) => registry !== first);
  if (other < 0 || inputs.daemon) return;
  throw invalidArguments(`Cannot write to several registries: "${images[0]}" and "${images[other + 1]}"`, 'Name images of one registry');
}

/** The registry in an image name. Throws with exit code 3. */
export function registryOf(name: string): string {
  const { registry } = rewordErrors(
    () => parseImageReference(name),
    ({ message, nextStep }) => invalidArguments(message, nextStep),
  );
  return registry;
}

/** Exactly one image argument, and the further tags. Throws with exit code 3. */
export function requireOneImage(positional: readonly string[], tags: readonly string[]): readonly string[] {
  if (positional.length !== 1) throw invalidArguments(`Cannot read the arguments: want one image name, got ${positional.length}`);
  return [...new Set([...positional, ...tags])];
}

/** Throws with exit code 3. */
export function requireImages(positional: readonly string[]): readonly string[] {
  if (positional.length === 0) throw invalidArguments('Cannot read the arguments: want at least one image name');
  return [...new Set(positional)];
}

/** Throws with exit code 3. */
export function requireNoArguments(positional: readonly string[]): readonly string[] {
  if (positional.length > 0) throw invalidArguments(`Cannot read the arguments: "${positional[0]}" is not expected`);
  return [];
}
