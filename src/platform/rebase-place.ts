import { TspackError } from '../foundation/index.ts';
import {
  formatFamiliarReference,
  formatImageReference,
  imagePlatform,
  openLayoutStore,
  parseImageReference,
  putImage,
  readIndex,
  samePlatform,
  writeIndex,
} from '../oci/index.ts';
import { requireOutputPlaces } from './output-places.ts';
import type { Descriptor, Image, ImageReference } from '../oci/index.ts';
import type { RebasePorts } from './ports.ts';

/** `manifest` where the place holds one. */
export interface WrittenImage {
  readonly manifest?: Descriptor;
}

/** Where an app image lies that is rebased, and where the result goes. */
export interface RebasePlace {
  /** The name of the image, for people. */
  readonly image: string;
  /** `local store`, `registry example.com`, `oci:<dir>`, `docker`. */
  readonly place: string;
  /** The registry of the image's name: run images of the same one are preferred (CNB.md C026). */
  readonly registry?: string;
  /** Throws `REBASE_INDEX` when writing would replace images of other platforms, `OUTPUT_UNUSABLE`. */
  checkWritable(): Promise<void>;
  read(): Promise<Image | undefined>;
  write(image: Image): Promise<WrittenImage>;
}

/** The place that an image name means: `oci:<dir>[:<tag>]`, `docker:<name>`, its registry, or the local store. Throws `IMAGE_REFERENCE_INVALID`. */
export function openRebasePlace(text: string, publish: boolean, ports: RebasePorts): RebasePlace {
  if (text.startsWith('oci:')) return layoutPlace(text, ports);
  if (text.startsWith('docker:')) return daemonPlace(parseTagged(text.slice('docker:'.length)), ports);
  return publish ? registryPlace(parseTagged(text), ports) : localPlace(parseTagged(text), ports);
}

function localPlace(reference: ImageReference, { store, platform }: RebasePorts): RebasePlace {
  return {
    image: formatFamiliarReference(reference),
    place: 'local store',
    registry: reference.registry,
    // Its names hold one image a platform.
    checkWritable: () => Promise.resolve(),
    read: () => store.read(reference, platform),
    async write(image) {
      await store.write(image, [reference]);
      return {};
    },
  };
}

function registryPlace(reference: ImageReference, ports: RebasePorts): RebasePlace {
  const image = formatImageReference(reference);
  return {
    image,
    place: `registry ${reference.registry}`,
    registry: reference.registry,
    async checkWritable() {
      const registry = await ports.registry();
      // Attestations are listed with a platform that is none.
      const platforms = ((await registry.platforms(reference)) ?? []).filter(({ os }) => os !== 'unknown');
      if (platforms.length > 1) throw indexRefused(image, platforms.length);
    },
    read: async () => (await ports.registry()).read(reference, ports.platform),
    write: async (rebased) => ({ manifest: await (await ports.registry()).write(rebased, [reference]) }),
  };
}

function daemonPlace(reference: ImageReference, ports: RebasePorts): RebasePlace {
  return {
    image: formatFamiliarReference(reference),
    place: 'docker',
    registry: reference.registry,
    checkWritable: () => Promise.resolve(),
    read: async () => (await ports.daemon()).images.read(reference, ports.platform),
    async write(image) {
      await (await ports.daemon()).images.write(image, [reference]);
      return {};
    },
  };
}

const REF_NAME = 'org.opencontainers.image.ref.name';

/** The folder and the tag of `oci:<dir>[:<tag>]`. */
export function parseLayout(text: string): { readonly directory: string; readonly tag?: string } {
  const path = text.slice('oci:'.length);
  const colon = path.lastIndexOf(':');
  return colon > path.lastIndexOf('/') ? { directory: path.slice(0, colon), tag: path.slice(colon + 1) } : { directory: path };
}

function layoutPlace(text: string, { store, platform }: RebasePorts): RebasePlace {
  const { directory, tag } = parseLayout(text);
  const layout = openLayoutStore({ directory, compressor: store.compressor });
  const read = () => (tag === undefined ? layout.readOnly(platform) : layout.readTag(tag, platform));
  /** What stands there now; its entry keeps its names. */
  async function current(): Promise<Descriptor | undefined> {
    const digest = (await read())?.manifest?.descriptor.digest;
    if (digest === undefined) return undefined;
    const named = readIndex(directory).filter((entry) => tag === undefined || entry.annotations?.[REF_NAME] === tag);
    return named.find((entry) => entry.digest === digest) ?? refuseIndex();
  }
  const refuseIndex = (): never => {
    throw indexRefused(text);
  };
  return {
    image: text,
    place: `oci:${directory}`,
    async checkWritable() {
      requireOutputPlaces([{ kind: 'oci', path: directory }]);
      await current();
    },
    read,
    async write(image) {
      const replaced = await current();
      const manifest = await putImage(layout.blobs, image, store.compressor);
      const entry = { ...manifest, platform: imagePlatform(image) };
      const entries = readIndex(directory);
      const added = { ...entry, ...(tag === undefined ? {} : { annotations: { [REF_NAME]: tag } }) };
      const isReplaced = (other: Descriptor) =>
        replaced !== undefined &&
        other.digest === replaced.digest &&
        (tag === undefined || other.annotations?.[REF_NAME] === tag) &&
        (other.platform === undefined || replaced.platform === undefined || samePlatform(other.platform, replaced.platform));
      const kept = entries.map((other) => (isReplaced(other) ? { ...other, ...entry } : other));
      writeIndex(directory, replaced === undefined ? [...entries, added] : kept);
      return { manifest };
    },
  };
}

function parseTagged(text: string): ImageReference {
  const reference = parseImageReference(text);
  if (reference.digest === undefined) return reference;
  throw new TspackError({
    code: 'IMAGE_REFERENCE_INVALID',
    message: `Cannot rebase "${text}": what a digest names never changes`,
    nextStep: 'Name the image by its tag',
  });
}

function indexRefused(image: string, platforms?: number): TspackError {
  return new TspackError({
    code: 'REBASE_INDEX',
    message: `Cannot rebase "${image}": it is an index${platforms === undefined ? '' : ` of ${platforms} platforms`}, and one image would take its place`,
    nextStep: 'Give the result another name, and name this image with --previous-image',
  });
}
