import { invalidArguments } from '../phase-error.ts';
import { daemonPlace } from './daemon-place.ts';
import { layoutPlace } from './layout-place.ts';
import { registryPlace } from './registry-place.ts';
import type { PhaseSituation } from '../phase-situation.ts';
import type { ImagePlace } from './image-place.ts';

/** The place that the inputs name: layout, daemon, or else registries. Throws with exit code 3 for a layout without a folder. */
export async function openPlace(situation: PhaseSituation): Promise<ImagePlace> {
  const { inputs, ports, scratch } = situation;
  if (inputs.layout) {
    if (inputs.layoutDir === '') throw invalidArguments('Cannot use OCI layouts: -layout-dir is missing', 'Name the folder of the layouts with -layout-dir');
    return layoutPlace(inputs.layoutDir, ports.platform, scratch.compressor);
  }
  return inputs.daemon ? daemonPlace(await situation.daemon(), ports.platform) : registryPlace(await situation.registry(), ports.platform);
}
