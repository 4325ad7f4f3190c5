/** A file format of SBOMs (`buildpack.md#bill-of-materials`). */
export interface SbomFileFormat {
  /** `cdx.json`: comes after `<layer>.sbom.`. */
  readonly extension: string;
  readonly mediaType: string;
}

export const SBOM_FILE_FORMATS: readonly SbomFileFormat[] = [
  { extension: 'cdx.json', mediaType: 'application/vnd.cyclonedx+json' },
  { extension: 'spdx.json', mediaType: 'application/spdx+json' },
  { extension: 'syft.json', mediaType: 'application/vnd.syft+json' },
];

/** An SBOM file in a buildpack's layers folder. */
export interface SbomFileName {
  /** `launch`, `build`, or the name of a layer. */
  readonly subject: string;
  /** undefined when the extension is none of the spec's. */
  readonly format: SbomFileFormat | undefined;
}

const SBOM_FILE = /^(.+)\.sbom\.([^/]+\.json)$/s;

/** Takes `<subject>.sbom.<ext>.json` apart; undefined for any other name. */
export function parseSbomFileName(name: string): SbomFileName | undefined {
  const match = SBOM_FILE.exec(name);
  if (match?.[1] === undefined) return undefined;
  return { subject: match[1], format: SBOM_FILE_FORMATS.find(({ extension }) => extension === match[2]) };
}

/** `<layer>.sbom.cdx.json`. */
export function sbomFileName(subject: string, format: SbomFileFormat): string {
  return `${subject}.sbom.${format.extension}`;
}

/** Which folder of `<layers>/sbom` an SBOM belongs in. */
export type SbomPurpose = 'launch' | 'build' | 'cache';

/** Path of a collected SBOM below `<layers>/sbom` (`platform.md#sbom`): `launch/samples_java/jre/sbom.cdx.json`. */
export function collectedSbomPath(purpose: SbomPurpose, escapedId: string, layer: string | undefined, format: SbomFileFormat): string {
  return [purpose, escapedId, ...(layer === undefined ? [] : [layer]), `sbom.${format.extension}`].join('/');
}
