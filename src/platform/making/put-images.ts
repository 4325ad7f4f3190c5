import { targetParts } from '../../cnb/index.ts';
import type { SupportedTarget } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import {
  createIndexManifest,
  createOciArchive,
  formatFamiliarReference,
  formatImageReference,
  formatPlatform,
  imagePlatform,
  openDockerArchive,
  openLayoutStore,
  parseImageReference,
} from '../../oci/index.ts';
import type { Image, ImageReference } from '../../oci/index.ts';
import type { Output, Task } from '../api.ts';
import { writeWhole } from '../deliver.ts';
import type { MadeImage, MakingOptions, MakingResult } from './api.ts';
import type { MakingPorts } from './ports.ts';

/** An image for one target. */
export interface ImageForTarget {
  readonly target: SupportedTarget;
  readonly image: Image;
}

type Destination = Output | { readonly kind: 'store' };

/** Writes images of one name, for a target each, to every output; without outputs to the local store. Several become one index in a registry. */
export async function putImages(made: readonly ImageForTarget[], options: MakingOptions, ports: MakingPorts, task: Task): Promise<MakingResult> {
  const references = [options.name, ...options.tags].map(parseImageReference);
  const [first] = references;
  if (first === undefined) throw new Error('an image has a name');
  requireOneName(options, references);
  const destinations: readonly Destination[] = options.outputs.length === 0 ? [{ kind: 'store' }] : options.outputs;
  const images: MadeImage[] = [];
  const store = ports.modules.store;
  const published = destinations.some(({ kind }) => kind === 'registry');
  const manifests = destinations.some(({ kind }) => kind !== 'store' && kind !== 'docker' && kind !== 'docker-archive');
  const distributed: (Image & Required<Pick<Image, 'manifest'>>)[] = [];
  for (const { target, image } of made) {
    const whole = manifests ? await store.distribute(image) : image;
    if (whole.manifest !== undefined) distributed.push({ ...whole, manifest: whole.manifest });
    const places: string[] = [];
    for (const destination of destinations) {
      task.signal.throwIfAborted();
      const names = destination.kind === 'registry' ? registryNames(references, target, made.length, options, whole) : references;
      places.push(await putImage(destination, whole, names, options, ports, task));
    }
    announce(places, first, whole, task);
    images.push({
      platform: formatPlatform(imagePlatform(whole)),
      imageId: whole.imageId,
      ...(whole.manifest === undefined ? {} : { manifestDigest: whole.manifest.descriptor.digest }),
      places,
    });
  }
  const name = formatFamiliarReference(first);
  if (!published || made.length < 2) return { name: published ? formatImageReference(first) : name, images };
  const index = createIndexManifest(distributed);
  await (await ports.registry(options.insecureRegistries, task)).writeIndex(index, references);
  task.events({ kind: 'delivered', place: first.registry, name: formatImageReference(first), digest: index.descriptor.digest });
  return { name: formatImageReference(first), images, indexDigest: index.descriptor.digest };
}

/** Images of an index are in the registry by their digests, and by a tag of their own when that is asked for. */
function registryNames(
  references: readonly ImageReference[],
  target: SupportedTarget,
  count: number,
  options: MakingOptions,
  image: Image,
): readonly ImageReference[] {
  if (count === 1) return references;
  return references.map(({ registry, repository, tag }) =>
    options.appendNameSuffix ? { registry, repository, tag: suffixedTag(tag, target) } : { registry, repository, digest: image.manifest!.descriptor.digest },
  );
}

function suffixedTag(tag: string | undefined, target: SupportedTarget): string {
  const suffix = targetParts(target).join('-').replaceAll('@', '-');
  return tag === undefined || tag === 'latest' ? suffix : `${tag}-${suffix}`;
}

async function putImage(
  destination: Destination,
  image: Image,
  names: readonly ImageReference[],
  options: MakingOptions,
  ports: MakingPorts,
  task: Task,
): Promise<string> {
  const { store } = ports.modules;
  switch (destination.kind) {
    case 'store':
      await store.write(image, names);
      return 'local store';
    case 'registry':
      await (await ports.registry(options.insecureRegistries, task)).write(image, names);
      return `registry ${names[0]?.registry ?? ''}`;
    case 'docker': {
      const daemon = await ports.daemon(task);
      await daemon.images.write(image, names);
      return daemon.name;
    }
    case 'oci':
      await openLayoutStore({ directory: destination.path, compressor: store.compressor }).write(image, names);
      break;
    case 'oci-archive':
      await writeWhole(destination.path, (await createOciArchive([{ image, references: names }], store.compressor)).open(), task.signal);
      break;
    case 'docker-archive':
      await writeWhole(destination.path, openDockerArchive([{ image, references: names }], store.compressor), task.signal);
  }
  return `${destination.kind}:${destination.path}`;
}

function announce(places: readonly string[], reference: ImageReference, image: Image, { events }: Task): void {
  const digest = image.manifest?.descriptor.digest ?? image.imageId;
  for (const place of places) events({ kind: 'delivered', place, name: formatFamiliarReference(reference), digest });
}

/** What cannot hold several images under one name. */
function requireOneName({ outputs, name }: MakingOptions, references: readonly ImageReference[]): void {
  const digest = references.find((reference) => reference.digest !== undefined);
  if (digest === undefined || outputs.length === 0) return;
  throw new TspackError({
    code: 'IMAGE_REFERENCE_INVALID',
    message: `Cannot make an image named "${name}": a name to write to has no digest`,
    nextStep: 'Name a tag',
  });
}
