import { formatImageReference, parseImageReference } from '../oci/index.ts';

/** The addresses of a run image in the order to try them: first those in the registry of the app image (CNB.md C026). */
export function nearestFirst(names: readonly string[], registry: string | undefined): readonly string[] {
  const isNear = (name: string) => registry !== undefined && registryOf(name) === registry;
  return [...names.filter(isNear), ...names.filter((name) => !isNear(name))];
}

/** Other names of run images, by the names that builders give them. */
export type RunImageMirrors = ReadonlyMap<string, readonly string[]>;

/** The other names that the user gives an image, however it is written. */
export function mirrorsOf(image: string, mirrors: RunImageMirrors = new Map()): readonly string[] {
  return [...mirrors].flatMap(([name, others]) => (isSame(name, image) ? others : []));
}

function isSame(one: string, other: string): boolean {
  if (one === other) return true;
  try {
    return formatImageReference(parseImageReference(one)) === formatImageReference(parseImageReference(other));
  } catch {
    return false;
  }
}

/** undefined for a text in a label that is no name. */
function registryOf(name: string): string | undefined {
  try {
    return parseImageReference(name).registry;
  } catch {
    return undefined;
  }
}
