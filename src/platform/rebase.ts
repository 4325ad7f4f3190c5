import { join } from 'node:path';
import { formatReportToml } from '../cnb/index.ts';
import { TspackError, writeFileAtomic } from '../foundation/index.ts';
import { readRebaseMetadata, rebase as rebaseImage } from '../lifecycle/index.ts';
import { createdTime } from './created-time.ts';
import { openRebasePlace } from './rebase-place.ts';
import { resolveRunImage } from './rebase-run-image.ts';
import type { RebaseOptions, RebaseResult, Task } from './api.ts';
import type { RebasePorts } from './ports.ts';
import type { RebasePlace, WrittenImage } from './rebase-place.ts';

/**
 * Puts an image that was built before on another, newer run image, without building it again (platform.md#rebase). In a
 * registry only a config and a manifest move when the run image is there too.
 *
 * Throws what the phase throws, `REBASE_INDEX`, `REBASE_RUN_IMAGE_MISSING`, `REBASE_RUN_IMAGE_NOT_FOUND`,
 * `IMAGE_NOT_FOUND`, `IMAGE_REFERENCE_INVALID`, `DAEMON_UNREACHABLE`.
 */
export async function rebase(options: RebaseOptions, task: Task, ports: RebasePorts): Promise<RebaseResult> {
  const started = performance.now();
  const { events, signal } = task;
  const output = openRebasePlace(options.image, options.publish, ports);
  const source = options.previousImage === undefined ? output : openRebasePlace(options.previousImage, options.publish, ports);
  events({ kind: 'phase-started', phase: 'rebasing' });
  await output.checkWritable();
  const app = (await source.read()) ?? notFound(source, options);
  const metadata = readRebaseMetadata(app, source.image);
  signal.throwIfAborted();

  const runImage = await resolveRunImage({ options, app, metadata, registry: source.registry ?? output.registry, task, ports });
  const { place, ...base } = runImage;
  events({ kind: 'message', level: 'info', message: `Rebasing "${source.image}" on run image "${runImage.name ?? runImage.reference}" (${place})` });
  const outcome = rebaseImage({ name: source.image, app, runImage: base, force: options.force, created: createdTime(ports.sourceDateEpoch, events) });
  for (const warning of outcome.warnings) events({ kind: 'message', level: 'warning', message: warning });
  const changed = outcome.image.imageId !== app.imageId;
  if (!changed) events({ kind: 'message', level: 'info', message: `"${source.image}" stands on this run image already` });
  signal.throwIfAborted();

  const written = await output.write(outcome.image);
  if (options.reportDirectory !== undefined) writeReport(options.reportDirectory, options.image, outcome.image.imageId, written);
  events({ kind: 'delivered', place: output.place, name: output.image, digest: written.manifest?.digest ?? outcome.image.imageId });
  const milliseconds = performance.now() - started;
  events({ kind: 'phase-finished', phase: 'rebasing', milliseconds });
  return {
    name: output.image,
    imageId: outcome.image.imageId,
    ...(written.manifest === undefined ? {} : { manifestDigest: written.manifest.digest }),
    baseReference: runImage.reference,
    changed,
    oldBaseLayers: outcome.oldBaseLayers,
    newBaseLayers: outcome.newBaseLayers,
    appLayers: outcome.appLayers,
    milliseconds,
  };
}

/** report.toml as the reference writes it (CNB.md C153): digest and size where there is a manifest, else the image ID. */
function writeReport(directory: string, tag: string, imageId: string, { manifest }: WrittenImage): void {
  const identity = manifest === undefined ? { imageId } : { digest: manifest.digest, manifestSize: manifest.size };
  writeFileAtomic(join(directory, 'report.toml'), formatReportToml({ image: { tags: [tag], ...identity } }));
}

function notFound(source: RebasePlace, { publish }: RebaseOptions): never {
  throw new TspackError({
    code: 'IMAGE_NOT_FOUND',
    message: `Cannot find image "${source.image}" in ${source.place}`,
    nextStep:
      publish || source.place !== 'local store'
        ? 'Check the name, or build the image first'
        : 'Build the image first, add --publish for an image in its registry, or write docker:NAME or oci:DIR',
  });
}
