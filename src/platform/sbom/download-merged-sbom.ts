import { join } from 'node:path';
import { TspackError, writeFileAtomic } from '../../foundation/index.ts';
import { SBOM_FORMATS, encodeSbom } from '../../sbom/index.ts';
import { sbomFileName } from './deliver-sboms.ts';
import { sbomLayer } from './layer-components.ts';
import { mergeImageSbom } from './merge-image-sbom.ts';
import { readSbom } from './record-sbom.ts';
import type { SbomDocument, SbomFormat } from '../../sbom/index.ts';
import type { Home, SbomStore } from '../../store/index.ts';
import type { FoundImage } from '../find-image.ts';

/** Where to, and in which formats. */
export interface MergedSbomRequest {
  readonly directory: string;
  readonly formats: readonly SbomFormat[];
}

export interface MergedSbomPorts {
  readonly home: Home;
  readonly sboms: SbomStore;
  /** Of tspack. */
  readonly version: string;
}

/**
 * Writes the merged bill of materials of an image into a folder, a file for each format; returns their names. What lies
 * beside the image is taken as it is, else what the store remembers; an image that has neither is read. Throws `SBOM_MISSING`.
 */
export async function downloadMergedSbom(found: FoundImage, request: MergedSbomRequest, ports: MergedSbomPorts): Promise<readonly string[]> {
  let document: SbomDocument | undefined;
  const files: string[] = [];
  for (const format of request.formats) {
    const bytes = (await found.artifact?.(SBOM_FORMATS[format].mediaType)) ?? encodeSbom(format, (document ??= await documentOf(found, ports)));
    files.push(sbomFileName(format));
    writeFileAtomic(join(request.directory, sbomFileName(format)), bytes);
  }
  return files;
}

async function documentOf({ image, name }: FoundImage, { home, sboms, version }: MergedSbomPorts): Promise<SbomDocument> {
  const known = readSbom(sboms, image.imageId);
  if (known !== undefined) return known;
  const document = await mergeImageSbom(image, { home, name, version });
  if (document.components.length > 0 || sbomLayer(image) !== undefined) return document;
  throw new TspackError({
    code: 'SBOM_MISSING',
    message: `Cannot find out what is in "${name}": no buildpack wrote it down, and it has no packages of Debian`,
  });
}
