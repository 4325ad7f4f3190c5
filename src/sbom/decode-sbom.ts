import type { Component } from './component.ts';
import { decodeCycloneDx } from './decode-cyclonedx.ts';
import { decodeSpdx } from './decode-spdx.ts';
import { decodeSyft } from './decode-syft.ts';
import type { SbomFormat } from './sbom.ts';

const DECODERS: Readonly<Record<SbomFormat, (document: unknown) => readonly Component[]>> = {
  cyclonedx: decodeCycloneDx,
  spdx: decodeSpdx,
  syft: decodeSyft,
};

/**
 * The components of a document that anybody may have written, as far as it can be understood: members of another form
 * than wanted are left out. undefined when the text is not JSON. Ids are those of the document, and package URLs where they are that.
 */
export function decodeSbom(format: SbomFormat, text: string): readonly Component[] | undefined {
  try {
    return DECODERS[format](JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
