import { readFileSync } from 'node:fs';
import { TspackError } from '../../foundation/index.ts';
import {
  createIndexOf,
  imageFromManifest,
  imagePlatform,
  openLayoutStore,
  parseManifestIndex,
  putImage,
  readIndex,
  samePlatform,
  writeIndex,
} from '../../oci/index.ts';
import { requireOutputPlaces } from '../output-places.ts';
import { entryFor, openMembers } from './app-index.ts';
import { indexReplaced } from './rebase-place.ts';
import type { Descriptor, Image, LayoutStore } from '../../oci/index.ts';
import type { RebasePorts } from '../ports.ts';
import type { AppIndex } from './app-index.ts';
import type { RebaseIndexes, RebasePlace } from './rebase-place.ts';

const REF_NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';

interface Layout {
  /** As the user wrote it. */
  readonly text: string;
  readonly directory: string;
  readonly tag: string | undefined;
  readonly store: LayoutStore;
  readonly compressor: RebasePorts['store']['compressor'];
}

/** An OCI image layout; without a tag, the only name that it has. */
export function layoutPlace(text: string, place: { readonly path: string; readonly tag?: string }, { store, platform }: RebasePorts): RebasePlace {
  const { path: directory, tag } = place;
  const { compressor } = store;
  const layout: Layout = { text, directory, tag, store: openLayoutStore({ directory, compressor }), compressor };
  const read = () => (tag === undefined ? layout.store.readOnly(platform) : layout.store.readTag(tag, platform));
  /** What stands there now; its entry keeps its names. */
  async function current(): Promise<Descriptor | undefined> {
    const digest = (await read())?.manifest?.descriptor.digest;
    if (digest === undefined) return undefined;
    const entry = readIndex(directory).find((each) => each.digest === digest && hasTag(each, tag));
    if (entry === undefined) throw indexReplaced(text);
    return entry;
  }
  return {
    image: text,
    place: `oci:${directory}`,
    async checkWritable(whole) {
      requireOutputPlaces([{ kind: 'oci', path: directory }]);
      if (whole) requireOneName(layout);
      else await current();
    },
    read,
    async write(image) {
      const replaced = await current();
      const manifest = await putImage(layout.store.blobs, image, compressor);
      writeOne(layout, image, manifest, replaced);
      return manifest;
    },
    indexes: layoutIndexes(layout),
  };
}

function writeOne({ directory, tag }: Layout, image: Image, manifest: Descriptor, replaced: Descriptor | undefined): void {
  const entry = { ...manifest, platform: imagePlatform(image) };
  const entries = readIndex(directory);
  const added = { ...entry, ...(tag === undefined ? {} : { annotations: { [REF_NAME]: tag } }) };
  const isReplaced = (other: Descriptor) =>
    replaced !== undefined &&
    other.digest === replaced.digest &&
    hasTag(other, tag) &&
    (other.platform === undefined || replaced.platform === undefined || samePlatform(other.platform, replaced.platform));
  const kept = entries.map((other) => (isReplaced(other) ? { ...other, ...entry } : other));
  writeIndex(directory, replaced === undefined ? [...entries, added] : kept);
}

/** An index of its own, as `skopeo copy --all` and buildx write, or several entries of one name, as tspack does. */
function layoutIndexes(layout: Layout): RebaseIndexes {
  const { text, directory, tag, compressor } = layout;
  const { blobs } = layout.store;
  const open = (entry: Descriptor): Promise<Image> => imageFromManifest(readFileSync(blobs.path(entry.digest)), entry, ({ digest }) => blobs.open(digest));
  return {
    async read() {
      const [only, ...more] = namedEntries(layout) ?? [];
      if (only === undefined) return undefined;
      if (more.length > 0) return { members: await openMembers(text, [only, ...more], open), nested: false };
      const bytes = readFileSync(blobs.path(only.digest));
      const index = parseManifestIndex(bytes);
      if (index === undefined) return undefined;
      const { manifests, annotations } = index;
      const members = await openMembers(text, manifests, open);
      return { members, nested: true, ...(annotations === undefined ? {} : { annotations }), stored: { descriptor: only, bytes } };
    },
    async write(index) {
      const entries: Descriptor[] = [];
      for (const member of index.members) entries.push(entryFor(member, await putImage(blobs, member.image, compressor)));
      const replaced = requireOneName(layout);
      const annotations = replaced[0]?.annotations ?? (tag === undefined ? undefined : { [REF_NAME]: tag });
      const named = (entry: Descriptor): Descriptor =>
        annotations === undefined ? entry : { ...entry, annotations: { ...entry.annotations, ...annotations } };
      const nested = index.nested ? putIndex(layout, index, entries) : undefined;
      const added = nested === undefined ? entries.map(named) : [named(nested)];
      const all = readIndex(directory);
      const place = all.findIndex((entry) => isIn(replaced, entry));
      const others = all.filter((entry) => !isIn(replaced, entry));
      writeIndex(directory, place < 0 ? [...others, ...added] : [...others.slice(0, place), ...added, ...others.slice(place)]);
      return { manifests: entries, ...(nested === undefined ? {} : { index: nested }) };
    },
  };
}

function putIndex({ store }: Layout, index: AppIndex, manifests: readonly Descriptor[]): Descriptor {
  const { descriptor, bytes } = index.stored ?? createIndexOf({ ...index, manifests });
  store.blobs.putBytes(bytes);
  const { mediaType, digest, size } = descriptor;
  return { mediaType, digest, size };
}

/** The entries of this name; undefined when there are several names and none was said. */
function namedEntries({ directory, tag }: Layout): readonly Descriptor[] | undefined {
  const entries = readIndex(directory).filter((entry) => hasTag(entry, tag));
  const names = new Set(entries.map(({ annotations }) => JSON.stringify([annotations?.[REF_NAME], annotations?.[CONTAINERD_NAME]])));
  return names.size > 1 ? undefined : entries;
}

function requireOneName(layout: Layout): readonly Descriptor[] {
  const entries = namedEntries(layout);
  if (entries !== undefined) return entries;
  throw new TspackError({
    code: 'REBASE_INDEX',
    message: `Cannot write an index to "${layout.text}": it holds images of several names`,
    nextStep: 'Name one as oci:<folder>:<tag>',
  });
}

function hasTag(entry: Descriptor, tag: string | undefined): boolean {
  return tag === undefined || entry.annotations?.[REF_NAME] === tag;
}

/** Two readings of the same file give entries that are equal, not the same. */
function isIn(entries: readonly Descriptor[], entry: Descriptor): boolean {
  return entries.some((each) => JSON.stringify(each) === JSON.stringify(entry));
}
