import { formatToml } from '../foundation/index.ts';
import { decodeToml, defined, present } from './fields.ts';
import type { AttributedBomEntry } from './launch-metadata.ts';

/** report.toml (`platform.md#reporttoml-toml`), written by export and rebase. */
export interface ReportToml {
  readonly image: {
    readonly tags: readonly string[];
    /** For a daemon. */
    readonly imageId?: string;
    /** For a registry: digest of the manifest. */
    readonly digest?: string;
    /** In bytes. */
    readonly manifestSize?: number;
  };
  /** Deprecated bill of materials of the build, below Platform API 0.9. */
  readonly buildBom?: readonly AttributedBomEntry[];
}

/** Decodes report.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseReportToml(text: string, file: string): ReportToml {
  return decodeToml(text, file, (fields) => {
    const image = fields.table('image');
    return {
      image: defined<ReportToml['image']>({
        tags: image?.strings('tags') ?? [],
        imageId: image?.string('image-id'),
        digest: image?.string('digest'),
        manifestSize: image?.number('manifest-size'),
      }),
    };
  });
}

export function formatReportToml(report: ReportToml): string {
  const { image, buildBom } = report;
  return formatToml(
    present({
      build: buildBom === undefined ? undefined : { bom: buildBom },
      image: present({ tags: image.tags, 'image-id': image.imageId, digest: image.digest, 'manifest-size': image.manifestSize }),
    }),
  );
}
