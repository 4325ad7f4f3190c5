import { basename } from 'node:path';
import { digestHex } from '../../foundation/index.ts';
import { formatFamiliarReference, parseImageReference } from '../../oci/index.ts';
import type { StoredBlob, Survey, SurveyedCache, SurveyedImage } from '../../store/index.ts';
import type { DiskUsage, UsedSpace } from './api.ts';

/** What the caches of the data folder hold (docs/architecture.md, "On disk"). */
const CACHES: Readonly<Record<string, string>> = {
  archives: 'unpacked archive',
  builders: 'unpacked builder',
  debian: 'Debian packages',
  dockerfile: 'layers of Dockerfile instructions',
  downloads: 'downloads',
  images: 'unpacked base image or tool',
  inline: 'scripts of project.toml',
  layers: 'cached layers',
  lifecycle: 'lifecycle as an archive',
  locks: 'renewed locks of packages',
  packages: 'unpacked buildpacks',
  pulled: 'manifests of images in registries and daemons',
  run: 'unpacked image for tspack run',
  'run-packages': 'what is installed in run images',
  'run-images': 'which image is the run image of a lock',
  verified: 'downloads of buildpacks',
};

/** What takes space, the largest first. Small files of one cache are one item, and so are blobs of no image. */
export function diskUsage(survey: Survey): DiskUsage {
  const items = usedSpace(survey).toSorted((one, other) => other.sizeBytes - one.sizeBytes);
  const sum = (all: readonly UsedSpace[]) => all.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
  return { items, reclaimableBytes: sum(items.filter(({ reclaimable }) => reclaimable)), totalBytes: survey.totalBytes };
}

/** The caches alone, the largest first. */
export function cacheUsage(caches: Survey['caches']): readonly UsedSpace[] {
  return usedSpace({ images: [], blobs: [], leftOvers: [], caches }).toSorted((one, other) => other.sizeBytes - one.sizeBytes);
}

/** The items of a part of a survey; images are given their own size. */
export function usedSpace({ images, blobs, caches, leftOvers }: Omit<Survey, 'totalBytes'>): readonly UsedSpace[] {
  const shared = blobs.filter((blob) => blob.images.size > 1);
  const unneeded = blobs.filter((blob) => blob.images.size === 0);
  return [
    ...images.map(imageSpace),
    ...blobSpace('shared', 'layers that several images share', shared, false),
    ...blobSpace('unneeded', 'blobs that no image needs', unneeded, true),
    ...caches.filter(({ isFolder }) => isFolder).map(folderSpace),
    ...fileSpace(caches.filter(({ isFolder }) => !isFolder)),
    ...leftOvers.map(({ path, sizeBytes }): UsedSpace => ({
      kind: 'left-over',
      id: `work/${basename(path)}`,
      description: 'left by a process that was killed',
      sizeBytes,
      reclaimable: true,
    })),
  ];
}

function imageSpace({ imageId, names, ownBytes, usedAt }: SurveyedImage): UsedSpace {
  const description = names.map(({ reference }) => formatFamiliarReference(reference)).join(', ');
  return { kind: 'image', id: digestHex(imageId).slice(0, 12), description, sizeBytes: ownBytes, reclaimable: false, ...lastUsed(usedAt) };
}

function blobSpace(kind: 'shared' | 'unneeded', description: string, blobs: readonly StoredBlob[], reclaimable: boolean): readonly UsedSpace[] {
  if (blobs.length === 0) return [];
  return [{ kind, id: 'blobs', description: `${blobs.length} ${description}`, sizeBytes: sizeOf(blobs), reclaimable, ...latestUse(blobs) }];
}

function folderSpace(entry: SurveyedCache): UsedSpace {
  const parts = entry.id.split('/').map((part) => (/^[0-9a-f]{32,}$/.test(part) ? part.slice(0, 12) : part));
  return { kind: 'cache', id: parts.join('/'), description: describeCache(entry), sizeBytes: entry.sizeBytes, reclaimable: true, ...lastUsed(entry.usedAt) };
}

function describeCache({ cache, application, forgotten }: SurveyedCache): string {
  const what = CACHES[cache] ?? 'cache';
  if (application === undefined) return what;
  const name = application.kind === 'volume' ? `volume ${application.name}` : formatFamiliarReference(parseImageReference(application.name));
  return `${what} of ${name} (${application.target})${forgotten ? ', whose image is gone' : ''}`;
}

function fileSpace(entries: readonly SurveyedCache[]): readonly UsedSpace[] {
  return [...new Set(entries.map(({ cache }) => cache))].map((cache): UsedSpace => {
    const files = entries.filter((entry) => entry.cache === cache);
    const description = `${CACHES[cache] ?? 'cache'}: ${files.length} ${files.length === 1 ? 'file' : 'files'}`;
    return { kind: 'cache', id: cache, description, sizeBytes: sizeOf(files), reclaimable: true, ...latestUse(files) };
  });
}

function sizeOf(items: readonly { readonly sizeBytes: number }[]): number {
  return items.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
}

function latestUse(items: readonly { readonly usedAt: number }[]): Pick<UsedSpace, 'lastUsed'> {
  return lastUsed(Math.max(...items.map(({ usedAt }) => usedAt)));
}

function lastUsed(usedAt: number): Pick<UsedSpace, 'lastUsed'> {
  return usedAt === 0 ? {} : { lastUsed: new Date(usedAt).toISOString() };
}
