import { SBOM_FORMATS, encodeSbom } from '../sbom/index.ts';
import type { SbomDocument, SbomFormat } from '../sbom/index.ts';

/**
 * What the launcher is, in each format, by the end of the file's name (CNB.md C156): the SBOM layer says of every part
 * of the image where it came from, and the launcher is one.
 */
export function launcherSboms(version: string): Readonly<Record<string, Uint8Array>> {
  const document: SbomDocument = {
    subject: { name: 'launcher', version },
    tool: { name: 'tspack', version },
    components: [{ type: 'application', name: 'launcher', version, purl: `pkg:generic/tspack-launcher@${version}`, licences: ['Apache-2.0'] }],
  };
  const formats = Object.keys(SBOM_FORMATS) as SbomFormat[];
  return Object.fromEntries(formats.map((format) => [SBOM_FORMATS[format].fileExtension, Buffer.from(encodeSbom(format, document))]));
}
