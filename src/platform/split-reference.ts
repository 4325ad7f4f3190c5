/** `id/version` as buildpacks name themselves in records; an id may have slashes. */
export function splitReference(reference: string): { readonly id: string; readonly version: string } {
  const slash = reference.lastIndexOf('/');
  return { id: reference.slice(0, slash), version: reference.slice(slash + 1) };
}
