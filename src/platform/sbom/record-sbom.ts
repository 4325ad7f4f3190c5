import { formatFamiliarReference } from '../../oci/index.ts';
import { mergeImageSbom } from './merge-image-sbom.ts';
import type { Digest } from '../../foundation/index.ts';
import type { Image, ImageReference } from '../../oci/index.ts';
import type { SbomDocument } from '../../sbom/index.ts';
import type { SbomStore } from '../../store/index.ts';
import type { BuildSituation } from '../build-situation.ts';

/** The name of an image in its bill of materials: one that its next build will have too. */
export function sbomName({ registry, repository }: ImageReference): string {
  return formatFamiliarReference({ registry, repository });
}

/** Puts the merged bill of materials of an image that was just saved into the store, unless it is there. */
export async function recordSbom({ settings, ports, builder }: BuildSituation, imageId: Digest): Promise<SbomDocument> {
  const name = sbomName(settings.names[0]);
  const known = readSbom(ports.sboms, imageId);
  if (known?.subject.name === name) return known;
  const packageHashes = new Map(
    builder.facts.flatMap((fact) =>
      fact.kind === 'consumed' && fact.what === 'debian-package' && fact.digest?.startsWith('sha256:') === true
        ? [[`${fact.name} ${fact.version ?? ''}`, fact.digest.slice('sha256:'.length)]]
        : [],
    ),
  );
  // As the store has it: every layer is on this machine.
  const image = (await ports.store.readById(imageId)) as Image;
  const document = await mergeImageSbom(image, { home: ports.home, name, version: ports.launcher.version, packageHashes });
  ports.sboms.write(
    imageId,
    JSON.stringify(document),
    ports.store.list().map((local) => local.imageId),
  );
  return document;
}

/** The document that {@link recordSbom} wrote. */
export function readSbom(sboms: SbomStore, imageId: Digest): SbomDocument | undefined {
  const text = sboms.read(imageId);
  return text === undefined ? undefined : (JSON.parse(text) as SbomDocument);
}
