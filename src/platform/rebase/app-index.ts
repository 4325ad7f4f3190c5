import { TspackError } from '../../foundation/index.ts';
import { MEDIA_TYPES, imagePlatform } from '../../oci/index.ts';
import type { Digest } from '../../foundation/index.ts';
import type { Descriptor, Image, ManifestBytes } from '../../oci/index.ts';

/** One entry of an index, and the image that it names or is to name. */
export interface IndexMember {
  readonly entry: Descriptor;
  readonly image: Image;
}

/** An image of several platforms. */
export interface AppIndex {
  readonly members: readonly IndexMember[];
  /** Whether an index of its own lists the images; a layout may list them itself. */
  readonly nested: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The index as it is stored, as long as nothing in it has changed: its digest must not drift. */
  readonly stored?: ManifestBytes;
}

const BASE_DIGEST = 'org.opencontainers.image.base.digest';
/** How BuildKit says which image of the same index an attestation is about. */
const ABOUT = 'vnd.docker.reference.digest';
const INDEXES: readonly string[] = [MEDIA_TYPES.ociIndex, MEDIA_TYPES.dockerManifestList];

/** Opens what the entries of an index name. Throws `REBASE_INDEX` when one names no image. */
export async function openMembers(name: string, entries: readonly Descriptor[], open: (entry: Descriptor) => Promise<Image>): Promise<readonly IndexMember[]> {
  const members: IndexMember[] = [];
  for (const entry of entries) {
    if (INDEXES.includes(entry.mediaType)) throw refused(name, `it holds another index, ${entry.digest}`);
    try {
      members.push({ entry, image: await open(entry) });
    } catch (error) {
      if (!(error instanceof TspackError) || error.code !== 'MANIFEST_INVALID') throw error;
      throw refused(name, `${entry.digest} in it is no image: ${error.message}`, error);
    }
  }
  return members;
}

/** The index with other images at their places, by the digest of the entry, and without the attestations about the images that they replace. */
export function withImages(index: AppIndex, images: ReadonlyMap<Digest, Image>): { readonly index: AppIndex; readonly dropped: readonly Descriptor[] } {
  if (images.size === 0) return { index, dropped: [] };
  const isStale = ({ entry }: IndexMember) => images.has((entry.annotations?.[ABOUT] ?? '') as Digest);
  const members = index.members
    .filter((member) => !isStale(member))
    .map(({ entry, image }) => {
      const replacing = images.get(entry.digest);
      return replacing === undefined ? { entry, image } : { entry: withPlatform(entry, replacing), image: replacing };
    });
  const { nested, annotations } = index;
  return {
    index: { members, nested, ...(annotations === undefined ? {} : { annotations: withoutBase(annotations) }) },
    dropped: index.members.filter(isStale).map(({ entry }) => entry),
  };
}

/** The entry that names a manifest; members that nobody here knows stay, but for those that only the old manifest has. */
export function entryFor({ entry }: IndexMember, { mediaType, digest, size }: Descriptor): Descriptor {
  if (digest === entry.digest) return entry;
  const { data: _data, annotations, ...kept } = entry as Descriptor & { readonly data?: string };
  return { ...kept, mediaType, digest, size, ...(annotations === undefined ? {} : { annotations: withoutBase(annotations) }) };
}

/** What an attestation is about runs nowhere: its platform is none. */
export function isAttestation({ annotations, platform }: Descriptor): boolean {
  return annotations?.[ABOUT] !== undefined || platform?.os === 'unknown';
}

/** A forced base may be for another platform; an entry may say more of the same one than the image does. */
function withPlatform(entry: Descriptor, image: Image): Descriptor {
  const platform = imagePlatform(image);
  const same = entry.platform?.os === platform.os && entry.platform.architecture === platform.architecture;
  return { ...entry, platform: { ...(same ? entry.platform : {}), ...platform } };
}

function withoutBase({ [BASE_DIGEST]: _gone, ...annotations }: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return annotations;
}

function refused(name: string, why: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'REBASE_INDEX',
    message: `Cannot rebase index "${name}": ${why}`,
    nextStep: 'Rebase its images by names of their own',
    cause,
  });
}
