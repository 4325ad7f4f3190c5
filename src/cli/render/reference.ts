/** How a result names an image: with the digest where a manifest exists, else the name and the image ID. */
export function referenceLine({
  name,
  imageId,
  manifestDigest,
}: {
  readonly name: string;
  readonly imageId: string;
  readonly manifestDigest?: string;
}): string {
  return manifestDigest === undefined ? `${name} ${imageId}` : `${withoutTag(name)}@${manifestDigest}`;
}

/** `localhost:5000/app` of `localhost:5000/app:1`. */
export function withoutTag(name: string): string {
  return name.replace(/:[^/:@]+$/, '');
}

/** The first digits of a digest, as docker shows IDs. */
export function shortId(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
