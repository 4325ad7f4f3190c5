import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LayersDirectory } from '../lifecycle/index.ts';
import type { PhaseLog } from './phase-log.ts';

const PLACES = { launcher: 'sbom/launch/buildpacksio_lifecycle/launcher', lifecycle: 'sbom/build/buildpacksio_lifecycle' } as const;

/** Puts what is known of launcher and lifecycle beside the SBOM files of buildpacks (CNB.md C156). */
export function collectLauncherSboms(directory: string, layers: LayersDirectory, log: PhaseLog): void {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  for (const [subject, place] of Object.entries(PLACES)) {
    const files = names.filter((name) => name.startsWith(`${subject}.sbom.`) && name.endsWith('.json'));
    if (files.length === 0) log.warn(`No ${subject} SBOM files found in "${directory}"`);
    for (const name of files) layers.writeFile(`${place}/${name.slice(subject.length + 1)}`, readFileSync(join(directory, name)));
  }
}
