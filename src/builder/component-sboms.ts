import { SBOM_FORMATS, encodeSbom } from '../sbom/index.ts';
import type { SbomDocument, SbomFormat } from '../sbom/index.ts';

/**
 * What a program of ours is and what it brings along, in each format, by the end of the file's name (CNB.md C156): the
 * SBOM layer says of every part of an image where it came from.
 */
export function componentSboms(
  name: 'launcher' | 'lifecycle',
  version: string,
  parts: readonly { readonly name: string; readonly version: string; readonly licence: string }[],
): Readonly<Record<string, Uint8Array>> {
  const own = { type: 'application', name, version, purl: `pkg:generic/tspack-${name}@${version}`, licences: ['Apache-2.0'] } as const;
  const brought = parts.map((part) => ({
    type: 'application' as const,
    name: part.name,
    version: part.version,
    purl: `pkg:generic/${part.name}@${part.version}`,
    licences: [part.licence],
  }));
  const document: SbomDocument = { subject: { name, version }, tool: { name: 'tspack', version }, components: [own, ...brought] };
  const formats = Object.keys(SBOM_FORMATS) as SbomFormat[];
  return Object.fromEntries(formats.map((format) => [SBOM_FORMATS[format].fileExtension, Buffer.from(encodeSbom(format, document))]));
}
