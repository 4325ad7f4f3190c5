import { readdirSync, renameSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { LABELS, parseLifecycleMetadataLabel } from '../cnb/index.ts';
import { TspackError, makeDirectory, removeTree, temporaryBeside } from '../foundation/index.ts';
import { extractTar } from '../archive/index.ts';
import type { Image } from '../oci/index.ts';

/**
 * Unpacks the SBOM layer of an app image below a folder, as pack does: `layers/sbom/launch/<buildpack>/...`. Returns
 * the files, relative to the folder. Throws `SBOM_MISSING`.
 */
export async function downloadSbom(image: Image, name: string, directory: string): Promise<readonly string[]> {
  const label = image.config.config?.Labels?.[LABELS.lifecycleMetadata];
  const sha = label === undefined ? undefined : parseLifecycleMetadataLabel(label).sbom?.sha;
  const layer = image.layers.find(({ diffId }) => diffId === sha);
  if (layer === undefined) {
    throw new TspackError({
      code: 'SBOM_MISSING',
      message: `Cannot find an SBOM in "${name}": ${label === undefined ? 'it was not built by buildpacks' : 'no buildpack wrote one'}`,
    });
  }
  const target = join(directory, 'layers', 'sbom', 'launch');
  makeDirectory(dirname(target));
  const temporary = temporaryBeside(target);
  try {
    await extractTar(layer.openTar(), temporary, { dropLeadingSlash: true });
    removeTree(target);
    renameSync(join(temporary, 'layers', 'sbom', 'launch'), target);
  } finally {
    removeTree(temporary);
  }
  return readdirSync(target, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}
