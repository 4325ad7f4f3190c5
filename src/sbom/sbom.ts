import type { Component, SbomDocument } from './component.ts';
import { encodeCycloneDx } from './cyclonedx.ts';
import { encodeSpdx } from './spdx.ts';
import { encodeSyft } from './syft.ts';

/** The formats of an SBOM. */
export type SbomFormat = 'cyclonedx' | 'spdx' | 'syft';

/** Each format's media type (as in `sbom-formats` of buildpack.toml) and the end of its files' names (buildpack.md#software-bill-of-materials). */
export const SBOM_FORMATS: Readonly<Record<SbomFormat, { readonly mediaType: string; readonly fileExtension: string }>> = {
  cyclonedx: { mediaType: 'application/vnd.cyclonedx+json', fileExtension: 'cdx.json' },
  spdx: { mediaType: 'application/spdx+json', fileExtension: 'spdx.json' },
  syft: { mediaType: 'application/vnd.syft+json', fileExtension: 'syft.json' },
};

const ENCODERS: Readonly<Record<SbomFormat, (document: SbomDocument) => string>> = { cyclonedx: encodeCycloneDx, spdx: encodeSpdx, syft: encodeSyft };

/** The document as text: CycloneDX 1.6, SPDX 2.3 or Syft JSON. Equal documents give equal text, in whatever order their components come. */
export function encodeSbom(format: SbomFormat, document: SbomDocument): string {
  return ENCODERS[format](document);
}

/** One document that holds the components of all; components with one id become one. */
export function mergeSboms(
  subject: SbomDocument['subject'],
  tool: SbomDocument['tool'],
  documents: readonly { readonly components: readonly Component[] }[],
): SbomDocument {
  return { subject, tool, components: documents.flatMap((document) => document.components) };
}
