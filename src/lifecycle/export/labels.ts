import { LABELS, formatBuildMetadataLabel, formatLifecycleMetadataLabel, formatProjectMetadataLabel, isApiAtLeast } from '../../cnb/index.ts';
import type { LifecycleMetadataLabel } from '../../cnb/index.ts';
import type { ExportInputs } from './export-inputs.ts';

/** The diff IDs of an export that its label names. */
export type ExportedShas = Pick<LifecycleMetadataLabel, 'app' | 'sbom' | 'buildpacks' | 'config' | 'launcher' | 'process-types'>;

/** The labels of an app image over those of its run image (CNB.md C152, C154); of equal keys the buildpacks' wins. */
export function appLabels(shas: ExportedShas, inputs: ExportInputs): Readonly<Record<string, string>> {
  const { launchMetadata, platformApi, execEnv } = inputs;
  const { image, reference, name, mirrors } = inputs.runImage;
  const runImageNames = { image: name, ...(mirrors.length === 0 ? {} : { mirrors }) };
  const label: LifecycleMetadataLabel = {
    ...shas,
    runImage: { topLayer: image.layers.at(-1)?.diffId ?? '', reference, ...(isApiAtLeast(platformApi, '0.12') ? runImageNames : {}) },
    stack: { runImage: runImageNames },
  };
  return {
    [LABELS.lifecycleMetadata]: formatLifecycleMetadataLabel(label),
    [LABELS.buildMetadata]: formatBuildMetadataLabel(launchMetadata, inputs.launcherRecord, platformApi),
    [LABELS.projectMetadata]: formatProjectMetadataLabel(inputs.projectMetadata),
    ...Object.fromEntries(launchMetadata.labels.map(({ key, value }) => [key, value])),
    ...(isApiAtLeast(platformApi, '0.15') && execEnv !== '' ? { [LABELS.execEnv]: execEnv } : {}),
  };
}
