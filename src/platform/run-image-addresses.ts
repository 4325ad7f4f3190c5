import { parseImageReference } from '../oci/index.ts';

/** The addresses of a run image in the order to try them: first those in the registry of the app image (CNB.md C026). */
export function nearestFirst(names: readonly string[], registry: string | undefined): readonly string[] {
  const isNear = (name: string) => registry !== undefined && registryOf(name) === registry;
  return [...names.filter(isNear), ...names.filter((name) => !isNear(name))];
}

/** undefined for a text in a label that is no name. */
function registryOf(name: string): string | undefined {
  try {
    return parseImageReference(name).registry;
  } catch {
    return undefined;
  }
}
