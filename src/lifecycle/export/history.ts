import { isApiAtLeast } from '../../cnb/index.ts';
import type { ApiVersion } from '../../cnb/index.ts';
import { createImage } from '../../oci/index.ts';
import type { HistoryEntry, Image } from '../../oci/index.ts';

/** When images and their layers say that they were made, unless asked otherwise (CNB.md C142, C151). */
export const NORMALIZED_TIME = '1980-01-01T00:00:01Z';

/** The text that export writes for each kind of layer. */
export const CREATED_BY = {
  buildpackLayer: (layer: string, id: string, version: string) => `Layer: '${layer}', Created by buildpack: ${id}@${version}`,
  extensionLayer: (createdBy: string, id: string) => `Layer: '${createdBy}', Created by extension: ${id}`,
  sbom: 'Software Bill-of-Materials',
  app: 'Application Layer',
  slice: (number: number) => `Application Slice: ${number}`,
  launcher: 'Buildpacks Application Launcher',
  config: 'Buildpacks Launcher Config',
  processTypes: 'Buildpacks Process Types',
} as const;

/** What `extensionLayer` was made of; the whole text as `createdBy` where others wrote it in another way. */
export function parseExtensionLayer(text: string): { readonly createdBy: string; readonly extensionId: string } {
  const [, createdBy, extensionId] = /^Layer: '([^]*)', Created by extension: (.*)$/u.exec(text) ?? [];
  return createdBy === undefined || extensionId === undefined ? { createdBy: text, extensionId: 'from extensions' } : { createdBy, extensionId };
}

interface HistorySettings {
  /** RFC 3339; the time of every entry. */
  readonly created: string;
  readonly platformApi: ApiVersion;
}

/** One entry of an app image's history. Below Platform API 0.12 they are empty. */
export function historyEntry(createdBy: string, { created, platformApi }: HistorySettings): HistoryEntry {
  return { created, ...(isApiAtLeast(platformApi, '0.12') ? { created_by: createdBy } : {}) };
}

/**
 * The run image with one entry a layer and the time of the app image. A history that does not fit the layers is
 * replaced by empty entries; below Platform API 0.12 all are.
 */
export function normalizeHistory(runImage: Image, { created, platformApi }: HistorySettings): Image {
  const entries = (runImage.config.history ?? []).filter((entry) => entry.empty_layer !== true);
  const isKept = entries.length === runImage.layers.length && isApiAtLeast(platformApi, '0.12');
  const history = (isKept ? entries : runImage.layers.map(() => ({}))).map((entry) => ({ ...entry, created }));
  return createImage({ config: { ...runImage.config, history }, layers: runImage.layers });
}
