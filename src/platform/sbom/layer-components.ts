import { readTar } from '../../archive/index.ts';
import { LABELS, parseLifecycleMetadataLabel } from '../../cnb/index.ts';
import { SBOM_FORMATS, decodeSbom } from '../../sbom/index.ts';
import type { Image, Layer } from '../../oci/index.ts';
import type { Component, SbomFormat } from '../../sbom/index.ts';

/** Of what a buildpack wrote in several formats, the one that says most is read. */
const FORMATS: readonly SbomFormat[] = ['cyclonedx', 'syft', 'spdx'];
/** A document that is larger describes no image. */
const MOST_BYTES = 134_217_728;

/** The layer with the bills of materials that the buildpacks wrote (platform.md#exporter); undefined when there is none. */
export function sbomLayer(image: Image): Layer | undefined {
  const label = image.config.config?.Labels?.[LABELS.lifecycleMetadata];
  const sha = label === undefined ? undefined : parseLifecycleMetadataLabel(label).sbom?.sha;
  return image.layers.find(({ diffId }) => diffId === sha);
}

/** The layers of the run image below the application's; all of them where no label tells. */
export function runImageLayers(image: Image): readonly Layer[] {
  const label = image.config.config?.Labels?.[LABELS.lifecycleMetadata];
  const top = label === undefined ? undefined : parseLifecycleMetadataLabel(label).runImage.topLayer;
  const index = image.layers.findIndex(({ diffId }) => diffId === top);
  return index < 0 ? image.layers : image.layers.slice(0, index + 1);
}

/** What the buildpacks and the lifecycle say that they have put into the image. */
export async function layerComponents(image: Image): Promise<readonly Component[]> {
  const layer = sbomLayer(image);
  if (layer === undefined) return [];
  const documents = new Map<string, Map<SbomFormat, string>>();
  for await (const { path, type, sizeBytes, content } of readTar(layer.openTar())) {
    const format = FORMATS.find((candidate) => path.endsWith(`/sbom.${SBOM_FORMATS[candidate].fileExtension}`));
    if (type !== 'file' || format === undefined || sizeBytes > MOST_BYTES) continue;
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(Buffer.from(chunk));
    const folder = path.slice(0, path.lastIndexOf('/')).replace(/^\/?layers\/sbom\/launch\//u, '');
    documents.set(folder, (documents.get(folder) ?? new Map<SbomFormat, string>()).set(format, Buffer.concat(chunks).toString('utf8')));
  }
  return [...documents].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([folder, texts]) => readFirst(texts).map((component) => withGlobalId(component, folder)));
}

function readFirst(texts: ReadonlyMap<SbomFormat, string>): readonly Component[] {
  for (const format of FORMATS) {
    const text = texts.get(format);
    const components = text === undefined ? undefined : decodeSbom(format, text);
    if (components !== undefined) return components;
  }
  return [];
}

/** Ids that are package URLs mean the same in every document; others only in their own. */
function withGlobalId(component: Component, folder: string): Component {
  const global = (id: string) => (id.startsWith('pkg:') ? id : `${folder}#${id}`);
  const { id, dependsOn = [] } = component;
  return { ...component, ...(id === undefined ? {} : { id: global(id) }), dependsOn: dependsOn.map(global) };
}
