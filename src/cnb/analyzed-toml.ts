import { formatToml } from '../foundation/index.ts';
import { decodeToml, defined, present } from './fields.ts';
import type { Fields } from './fields.ts';
import { EMPTY_LIFECYCLE_METADATA, readLifecycleMetadata } from './labels/lifecycle-metadata.ts';
import type { BuildpackLayersRecord, LifecycleMetadataLabel } from './labels/lifecycle-metadata.ts';
import { nonEmpty } from './launch-toml.ts';
import { readDistribution } from './target.ts';
import type { ImageTarget } from './target.ts';

/** The run image in analyzed.toml. */
export interface AnalyzedRunImage {
  /** Digest reference, daemon image ID or layout path; empty when an extension has replaced it. */
  readonly reference: string;
  /** The name that was asked for. */
  readonly image?: string;
  readonly extend?: boolean;
  readonly target?: ImageTarget;
}

/** analyzed.toml (`platform.md#analyzedtoml-toml`). */
export interface AnalyzedToml {
  /** The previous image; absent when there is none. */
  readonly image?: { readonly reference: string };
  readonly buildImage?: { readonly reference: string };
  /** The lifecycle metadata label of the previous image. */
  readonly metadata: LifecycleMetadataLabel;
  readonly runImage?: AnalyzedRunImage;
}

const TOML_KEYS = { runImage: 'run-image', topLayer: 'top-layer', stackRunImage: 'run-image' } as const;

/** Decodes analyzed.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseAnalyzedToml(text: string, file: string): AnalyzedToml {
  return decodeToml(text, file, (fields) => {
    const metadata = fields.table('metadata');
    const runImage = fields.table('run-image');
    return defined<AnalyzedToml>({
      image: readIdentifier(fields, 'image'),
      buildImage: readIdentifier(fields, 'build-image'),
      metadata: metadata === undefined ? EMPTY_LIFECYCLE_METADATA : readLifecycleMetadata(metadata, TOML_KEYS),
      runImage: runImage === undefined ? undefined : readRunImage(runImage),
    });
  });
}

function readIdentifier(fields: Fields, key: string): { readonly reference: string } | undefined {
  const table = fields.table(key);
  return table === undefined ? undefined : { reference: table.string('reference') ?? '' };
}

function readRunImage(fields: Fields): AnalyzedRunImage {
  const target = fields.table('target');
  return defined<AnalyzedRunImage>({
    reference: fields.string('reference') ?? '',
    image: fields.string('image'),
    extend: fields.boolean('extend'),
    target: target === undefined ? undefined : readImageTarget(target),
  });
}

function readImageTarget(fields: Fields): ImageTarget {
  const distro = fields.table('distro');
  return defined<ImageTarget>({
    id: fields.string('id'),
    os: fields.string('os') ?? '',
    arch: fields.string('arch') ?? '',
    archVariant: fields.string('arch-variant'),
    distro: distro === undefined ? undefined : readDistribution(distro),
  });
}

export function formatAnalyzedToml(analyzed: AnalyzedToml): string {
  const { metadata, runImage } = analyzed;
  return formatToml(
    present({
      image: analyzed.image,
      'build-image': analyzed.buildImage,
      metadata: present({
        app: nonEmpty(metadata.app),
        sbom: metadata.sbom,
        buildpacks: nonEmpty(metadata.buildpacks.map(buildpackLayersToml)),
        config: metadata.config,
        launcher: metadata.launcher,
        'process-types': metadata['process-types'],
        'run-image': present({
          'top-layer': metadata.runImage.topLayer,
          reference: metadata.runImage.reference,
          image: metadata.runImage.image,
          mirrors: metadata.runImage.mirrors,
        }),
        stack: metadata.stack === undefined ? undefined : { 'run-image': metadata.stack.runImage },
      }),
      'run-image': runImage === undefined ? undefined : runImageToml(runImage),
    }),
  );
}

function runImageToml(runImage: AnalyzedRunImage): Record<string, unknown> {
  const { target } = runImage;
  return present({
    reference: runImage.reference,
    image: runImage.image,
    extend: runImage.extend === true ? true : undefined,
    target:
      target === undefined
        ? undefined
        : present({ id: target.id, os: target.os, arch: target.arch, 'arch-variant': target.archVariant, distro: target.distro }),
  });
}

function buildpackLayersToml(record: BuildpackLayersRecord): Record<string, unknown> {
  return present({
    key: record.key,
    version: record.version,
    layers: Object.fromEntries(
      Object.entries(record.layers).map(([name, { sha, data, build, launch, cache }]) => [name, present({ sha, metadata: data, build, launch, cache })]),
    ),
    store: record.store === undefined ? undefined : present({ metadata: record.store.metadata }),
  });
}
