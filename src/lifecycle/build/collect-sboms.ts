import { SpecFileError, collectedSbomPath, escapeBuildpackId, parseSbomFileName } from '../../cnb/index.ts';
import type { BuildpackDescriptor, SbomFileFormat, SbomPurpose } from '../../cnb/index.ts';
import type { LayersDirectory } from '../layers-directory.ts';
import { readLayersFile } from '../read-layers-file.ts';
import type { BuildpackLayers, DescribedLayer } from './read-layers.ts';

/** An SBOM file of a buildpack and where below `<layers>` it is collected. */
export interface CollectedSbom {
  readonly from: string;
  readonly to: string;
}

/**
 * Finds a buildpack's SBOM files (`buildpack.md#software-bill-of-materials`): `launch.sbom.*`, `build.sbom.*` and those
 * of its layers. Of a launch layer they go to `launch`, else to `build`; of a cached layer also to `cache`. Files of
 * layers that are not described are left alone. Throws `SPEC_FILE_INVALID` for a format that the spec does not know or
 * that the buildpack did not declare in `sbom-formats`.
 */
export function findSboms(at: BuildpackLayers, descriptor: BuildpackDescriptor, described: readonly DescribedLayer[]): readonly CollectedSbom[] {
  const escapedId = escapeBuildpackId(descriptor.id);
  return (at.layers.readdir(at.folder) ?? []).flatMap((fileName) => {
    const name = parseSbomFileName(fileName);
    if (name === undefined || at.layers.kind(`${at.folder}/${fileName}`) !== 'file') return [];
    const purposes = purposesOf(name.subject, described);
    if (purposes.length === 0) return [];
    const format = requireFormat(`${at.sandboxPath}/${fileName}`, name.format, descriptor);
    const layer = name.subject === 'launch' || name.subject === 'build' ? undefined : name.subject;
    return purposes.map((purpose) => ({ from: `${at.folder}/${fileName}`, to: `sbom/${collectedSbomPath(purpose, escapedId, layer, format)}` }));
  });
}

function purposesOf(subject: string, described: readonly DescribedLayer[]): readonly SbomPurpose[] {
  if (subject === 'launch' || subject === 'build') return [subject];
  const types = described.find(({ name }) => name === subject)?.content.types;
  if (types === undefined) return [];
  return [types.launch ? 'launch' : 'build', ...(types.cache ? (['cache'] as const) : [])];
}

function requireFormat(file: string, format: SbomFileFormat | undefined, descriptor: BuildpackDescriptor): SbomFileFormat {
  if (format === undefined) {
    throw new SpecFileError(file, [{ keyPath: '', problem: 'its SBOM format is not one of cdx.json, spdx.json and syft.json' }]);
  }
  if (!descriptor.sbomFormats.includes(format.mediaType)) {
    throw new SpecFileError(
      file,
      [{ keyPath: '', problem: `buildpack "${descriptor.id}" does not declare the SBOM media type "${format.mediaType}"` }],
      `Add "${format.mediaType}" to sbom-formats in the buildpack's buildpack.toml`,
    );
  }
  return format;
}

/** Copies SBOM files to where they are collected. A later buildpack may have changed them, so links are judged again. */
export function copySboms(layers: LayersDirectory, layersPath: string, sboms: readonly CollectedSbom[]): void {
  for (const { from, to } of sboms) {
    const bytes = readLayersFile(layers, layersPath, from);
    if (bytes !== undefined) layers.writeFile(to, bytes);
  }
}
