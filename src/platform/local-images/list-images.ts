import { readFileSync } from 'node:fs';
import { TspackError } from '../../foundation/index.ts';
import { formatFamiliarReference, formatImageReference, formatPlatform, parseConfig } from '../../oci/index.ts';
import { requireLocal } from './find-local.ts';
import type { LocalImage, LocalStore } from '../../store/index.ts';
import type { ImageFilter, ListedImage } from './api.ts';

/** The names of the local store that a filter lets through, newest first. Only `label` looks into the images. */
export function listImages(filter: ImageFilter, store: LocalStore): readonly ListedImage[] {
  const patterns = (filter.reference ?? []).map(referencePattern);
  const before = (filter.before ?? []).map((text) => namedAt(text, store));
  const since = (filter.since ?? []).map((text) => namedAt(text, store));
  const labels = (filter.label ?? []).map(parseLabel);
  const fitting = store.list().filter((image) => {
    const { updatedAt = 0 } = image;
    return patterns.every((isMeant) => isMeant(image)) && before.every((time) => updatedAt < time) && since.every((time) => updatedAt > time);
  });
  const labelled = labels.length === 0 ? fitting : fitting.filter((image) => hasLabels(image, labels, store));
  return labelled.sort((one, other) => (other.updatedAt ?? 0) - (one.updatedAt ?? 0)).map(listedImage);
}

export function listedImage({ reference, imageId, manifestDigest, platform, sizeBytes, created, updatedAt }: LocalImage): ListedImage {
  return {
    name: formatFamiliarReference(reference),
    imageId,
    ...(manifestDigest === undefined ? {} : { manifestDigest }),
    platform: formatPlatform(platform),
    sizeBytes,
    ...(created === undefined ? {} : { created }),
    ...(updatedAt === undefined ? {} : { updated: new Date(updatedAt).toISOString() }),
  };
}

/** Docker's: the familiar or the full name, `*` within a part of the path; without a tag every tag fits. */
function referencePattern(text: string): (image: LocalImage) => boolean {
  if (text === '') throw filterInvalid('reference=', 'want a name or a pattern');
  const escaped = text
    .replace(/[.+^${}()|\\[\]]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  const pattern = new RegExp(`^${escaped}$`);
  return ({ reference }) => {
    const { tag: _tag, ...tagless } = reference;
    const names = [
      formatImageReference(reference),
      formatFamiliarReference(reference),
      `${familiarRepository(reference)}:${reference.tag ?? ''}`,
      formatImageReference(tagless),
      familiarRepository(reference),
    ];
    return names.some((name) => pattern.test(name));
  };
}

function familiarRepository({ registry, repository }: LocalImage['reference']): string {
  return formatFamiliarReference({ registry, repository, tag: 'latest' });
}

function namedAt(text: string, store: LocalStore): number {
  return Math.max(...requireLocal(text, store).images.map(({ updatedAt = 0 }) => updatedAt));
}

function parseLabel(text: string): readonly [string, string | undefined] {
  const equals = text.indexOf('=');
  if (text === '' || equals === 0) throw filterInvalid(`label=${text}`, 'want label=KEY or label=KEY=VALUE');
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** An image ID is the digest of the config, so nothing else need be looked up. */
function hasLabels({ imageId }: LocalImage, labels: readonly (readonly [string, string | undefined])[], { blobs }: LocalStore): boolean {
  const { Labels = {} } = parseConfig(readFileSync(blobs.path(imageId))).config ?? {};
  return labels.every(([key, value]) => Object.hasOwn(Labels, key) && (value === undefined || Labels[key] === value));
}

function filterInvalid(text: string, why: string): TspackError {
  return new TspackError({
    code: 'IMAGE_FILTER_INVALID',
    message: `Cannot filter images by "${text}": ${why}`,
    nextStep: 'Write for example --filter reference=team/*',
  });
}
