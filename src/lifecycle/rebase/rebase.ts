import { LABELS, formatLifecycleMetadataLabel, parseLifecycleMetadataLabel } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import { createImage, rebaseImage } from '../../oci/index.ts';
import { checkCompatibility, checkRebasable } from './check-rebase.ts';
import { checkRunImageName } from './run-image-name.ts';
import type { LifecycleMetadataLabel } from '../../cnb/index.ts';
import type { DiffId, Image } from '../../oci/index.ts';
import type { RebaseInputs, RebaseRunImage } from './rebase-inputs.ts';

export interface RebaseOutcome {
  readonly image: Image;
  /** What was done only because it was forced. */
  readonly warnings: readonly string[];
  /** Numbers of layers: of the old base, of the new one, and of the application above. */
  readonly oldBaseLayers: number;
  readonly newBaseLayers: number;
  readonly appLayers: number;
}

const SYNCED = ['io.buildpacks.base.', 'io.buildpacks.stack.'];
const BASE_DIGEST = 'org.opencontainers.image.base.digest';
const BASE_NAME = 'org.opencontainers.image.base.name';

/** The lifecycle metadata of an app image. Throws `REBASE_NOT_BUILT`, `SPEC_FILE_INVALID`. */
export function readRebaseMetadata(app: Image, name: string): LifecycleMetadataLabel {
  const label = app.config.config?.Labels?.[LABELS.lifecycleMetadata];
  if (label !== undefined && label !== '') return parseLifecycleMetadataLabel(label);
  throw new TspackError({
    code: 'REBASE_NOT_BUILT',
    message: `Cannot rebase "${name}": it was not built by buildpacks, label ${LABELS.lifecycleMetadata} is missing`,
    nextStep: 'Build the image with tspack build or another buildpacks platform',
  });
}

/**
 * Puts the application's layers on another run image (platform.md#rebaser, CNB.md C171-C175): layers up to the recorded
 * top layer, the label's record of the run image, and the labels of base and stack are replaced; the rest of the image
 * stays as it is. Nothing is read or written.
 *
 * Throws `REBASE_NOT_BUILT`, `REBASE_NOT_REBASABLE`, `REBASE_TARGET_MISMATCH`, `REBASE_STACK_MISMATCH`,
 * `REBASE_RUN_IMAGE_REFUSED`, `REBASE_BASE_MISMATCH`, `SPEC_FILE_INVALID`.
 */
export function rebase(inputs: RebaseInputs): RebaseOutcome {
  const { app, runImage, name, created } = inputs;
  const metadata = readRebaseMetadata(app, name);
  const warnings = [...checkRebasable(inputs), ...checkCompatibility(inputs)];
  const names = checkRunImageName(inputs, metadata);
  const topLayer = runImage.image.layers.at(-1)?.diffId;
  if (topLayer === undefined) throw baseMismatch(`Cannot rebase "${name}": the run image has no layers`, 'Name a run image that has layers');
  const oldBase = baseLayers(app, metadata, name);

  const label: LifecycleMetadataLabel = {
    ...metadata,
    runImage: { topLayer, reference: runImage.reference, ...names.runImage },
    ...(names.stack === undefined ? {} : { stack: names.stack }),
  };
  const rebased = rebaseImage({ image: app, oldBase, newBase: runImage.image });
  const container = rebased.config.config ?? {};
  const Labels = { ...syncLabels(container.Labels ?? {}, runImage.image), [LABELS.lifecycleMetadata]: formatLifecycleMetadataLabel(label) };
  const history = (rebased.config.history ?? []).map((entry) => ({ ...entry, created }));
  const annotations = baseAnnotations(rebased.annotations, runImage);
  return {
    image: createImage({
      config: { ...rebased.config, created, history, config: { ...container, Labels } },
      layers: rebased.layers,
      ...(annotations === undefined ? {} : { annotations }),
    }),
    warnings: [...warnings, ...names.warnings],
    oldBaseLayers: oldBase.length,
    newBaseLayers: runImage.image.layers.length,
    appLayers: app.layers.length - oldBase.length,
  };
}

/**
 * The layers up to the recorded top layer. That diff ID may occur more than once, since empty layers are all alike:
 * then it is the one that has only layers of the application above it, else the first, as in the reference.
 */
function baseLayers(app: Image, metadata: LifecycleMetadataLabel, name: string): readonly DiffId[] {
  const diffIds = app.layers.map(({ diffId }) => diffId);
  const tops = diffIds.flatMap((diffId, index) => (diffId === metadata.runImage.topLayer ? [index] : []));
  const own = new Set(appShas(metadata));
  const top = tops.find((index) => diffIds.slice(index + 1).every((diffId) => own.has(diffId))) ?? tops[0];
  if (top !== undefined) return diffIds.slice(0, top + 1);
  throw baseMismatch(
    `Cannot rebase "${name}": it has no layer "${metadata.runImage.topLayer}", which its label ${LABELS.lifecycleMetadata} calls the top of its base`,
    'Build the image again',
  );
}

function baseMismatch(message: string, nextStep: string): TspackError {
  return new TspackError({ code: 'REBASE_BASE_MISMATCH', message, nextStep });
}

function appShas({ app, sbom, buildpacks, config, launcher, 'process-types': processTypes }: LifecycleMetadataLabel): readonly string[] {
  const layers = buildpacks.flatMap((buildpack) => Object.values(buildpack.layers));
  return [...app, ...layers, config, launcher, processTypes, ...(sbom === undefined ? [] : [sbom])].map(({ sha }) => sha);
}

/** Labels of the base and of the stack are those of the new run image, or gone. */
function syncLabels(labels: Readonly<Record<string, string>>, runImage: Image): Readonly<Record<string, string>> {
  const isSynced = ([key]: readonly [string, string]) => SYNCED.some((prefix) => key.startsWith(prefix));
  const kept = Object.entries(labels).filter((entry) => !isSynced(entry));
  return Object.fromEntries([...kept, ...Object.entries(runImage.config.config?.Labels ?? {}).filter(isSynced)]);
}

/** OCI's own record of the base (image-spec `annotations.md`), where an image has it, must not name the old one. */
function baseAnnotations(annotations: Readonly<Record<string, string>> | undefined, runImage: RebaseRunImage): Readonly<Record<string, string>> | undefined {
  if (annotations === undefined || !(BASE_DIGEST in annotations || BASE_NAME in annotations)) return annotations;
  const { [BASE_DIGEST]: _digest, [BASE_NAME]: _name, ...kept } = annotations;
  const digest = runImage.image.manifest?.descriptor.digest;
  return { ...kept, ...(digest === undefined ? {} : { [BASE_DIGEST]: digest }), ...(runImage.name === undefined ? {} : { [BASE_NAME]: runImage.name }) };
}
