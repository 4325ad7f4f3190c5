import { TspackError } from '../foundation/index.ts';
import { formatFamiliarReference, formatImageReference, parseImageReference } from '../oci/index.ts';
import type { ImageReference } from '../oci/index.ts';
import type { BuildOptions } from './api.ts';

/**
 * The names of the image that is built: its own first, then its tags, each once. Images that are pushed have all their
 * names in one registry (CNB.md C020), and none is the builder's, which would be replaced. Throws `BUILD_OPTION_INVALID`,
 * `IMAGE_REFERENCE_INVALID` and `TAG_REGISTRY_DIFFERENT`.
 */
export function imageNames(
  { image, tags = [], outputs }: Pick<BuildOptions, 'image' | 'tags' | 'outputs'>,
  builder: string,
): readonly [ImageReference, ...ImageReference[]] {
  const name = parseBuildName(image);
  const names = new Map([[formatImageReference(name), name]]);
  const isPushed = outputs.some(({ kind }) => kind === 'registry');
  for (const tag of tags) {
    const reference = parseBuildName(tag);
    if (isPushed && reference.registry !== name.registry) {
      throw new TspackError({
        code: 'TAG_REGISTRY_DIFFERENT',
        message: `Cannot push "${tag}" together with "${image}": it is in registry ${reference.registry}, not ${name.registry}`,
        nextStep: 'Name tags in the registry of the image, or push the others by a second build',
      });
    }
    names.set(formatImageReference(reference), reference);
  }
  for (const each of names.values()) requireOther(each, builder);
  return [name, ...[...names.values()].slice(1)];
}

/** pack refuses this too. Bundled builders have names of one word, and are no images. */
function requireOther(name: ImageReference, builder: string): void {
  if (!/[/:]/.test(builder) || /^(?:oci|oci-archive|docker-archive):/.test(builder)) return;
  const { registry, repository } = parseImageReference(builder.replace(/^docker:(?:\/\/)?/, ''));
  if (name.registry !== registry || name.repository !== repository) return;
  throw new TspackError({
    code: 'BUILD_OPTION_INVALID',
    message: `Cannot build "${formatFamiliarReference(name)}": the builder has this name`,
    nextStep: 'Give the image another name',
  });
}

function parseBuildName(image: string): ImageReference {
  const reference = parseImageReference(image);
  if (reference.digest === undefined) return reference;
  throw new TspackError({
    code: 'IMAGE_REFERENCE_INVALID',
    message: `Cannot build "${image}": a digest is the result of a build`,
    nextStep: 'Name the image without @sha256:...',
  });
}
