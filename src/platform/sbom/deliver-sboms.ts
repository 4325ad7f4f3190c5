import { TspackError } from '../../foundation/index.ts';
import type { Digest } from '../../foundation/index.ts';
import { attachToLayout, createArtifact } from '../../oci/index.ts';
import { SBOM_FORMATS, encodeSbom } from '../../sbom/index.ts';
import type { Artifact, Descriptor } from '../../oci/index.ts';
import type { SbomDocument, SbomFormat } from '../../sbom/index.ts';
import type { BuildSituation } from '../build-situation.ts';

/** The name of a merged document as a file: `sbom.cdx.json`. */
export function sbomFileName(format: SbomFormat): string {
  return `sbom.${SBOM_FORMATS[format].fileExtension}`;
}

/**
 * Puts the merged bill of materials beside the image where an output can hold it: into registries and layouts as
 * artifacts that refer to the image, one for each format. It is never in a layer or a label. A registry that takes no
 * artifacts is a warning: the image is there.
 */
export async function deliverSboms(situation: BuildSituation, document: SbomDocument, manifest: Descriptor | undefined): Promise<void> {
  const { settings, task } = situation;
  if (manifest === undefined) return;
  const artifacts = (Object.keys(SBOM_FORMATS) as SbomFormat[]).map((format) =>
    createArtifact({ mediaType: SBOM_FORMATS[format].mediaType, bytes: Buffer.from(encodeSbom(format, document)), fileName: sbomFileName(format) }, manifest),
  );
  for (const output of settings.outputs) {
    task.signal.throwIfAborted();
    if (output.kind === 'oci') attachToLayout(output.path, artifacts);
    if (output.kind === 'registry') await attachInRegistries(situation, manifest.digest, artifacts);
  }
}

async function attachInRegistries({ settings, ports, task }: BuildSituation, subject: Digest, artifacts: readonly Artifact[]): Promise<void> {
  const registry = await ports.registry(settings.insecureRegistries, task.events, task.signal);
  const places = new Map(settings.names.map((name) => [`${name.registry}/${name.repository}`, name]));
  for (const [place, name] of places) {
    try {
      for (const artifact of artifacts) await registry.attach(name, subject, artifact);
    } catch (error) {
      if (!(error instanceof TspackError)) throw error;
      task.events({ kind: 'message', level: 'warning', message: `The bill of materials is not in ${place}, only the image: ${error.message}` });
    }
  }
}
