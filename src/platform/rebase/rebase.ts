import { join } from 'node:path';
import { LABELS, formatReportToml } from '../../cnb/index.ts';
import { TspackError, writeFileAtomic } from '../../foundation/index.ts';
import { readRebaseMetadata } from '../../lifecycle/index.ts';
import { formatPlatform, imagePlatform, parseImageReference } from '../../oci/index.ts';
import { requireResultFolders } from '../output-places.ts';
import { writeTektonResults } from '../result-files.ts';
import { isAttestation, withImages } from './app-index.ts';
import { openRebasePlace } from './open-rebase-place.ts';
import { describeRebased, rebaseOne } from './rebase-one.ts';
import type { Digest } from '../../foundation/index.ts';
import type { Descriptor, Image } from '../../oci/index.ts';
import type { RebaseOptions, RebaseResult, Task } from '../api.ts';
import type { RebasePorts } from '../ports.ts';
import type { AppIndex } from './app-index.ts';
import type { Rebased } from './rebase-one.ts';
import type { RebasePlace } from './rebase-place.ts';

/** What was written: the manifest of each image, where there is one, and of the index over them. */
interface Written {
  readonly manifests: readonly (Descriptor | undefined)[];
  readonly index?: Descriptor;
}

/**
 * Puts an image that was built before on another, newer run image, without building it again (platform.md#rebase): each
 * image of an index on the run image of its platform, all or none. In a registry only configs and manifests move when the
 * run image is there too.
 *
 * Throws what the phase throws, `REBASE_INDEX`, `REBASE_RUN_IMAGE_MISSING`, `REBASE_RUN_IMAGE_NOT_FOUND`,
 * `IMAGE_NOT_FOUND`, `IMAGE_REFERENCE_INVALID`, `DAEMON_UNREACHABLE`, `OUTPUT_UNUSABLE`.
 */
export async function rebase(options: RebaseOptions, task: Task, ports: RebasePorts): Promise<RebaseResult> {
  const started = performance.now();
  const { events, signal } = task;
  requireResultFolders([options.reportDirectory, options.tektonResults]);
  const output = openRebasePlace(options.image, options.publish, ports);
  const source = options.previousImage === undefined ? output : openRebasePlace(options.previousImage, options.publish, ports);
  events({ kind: 'phase-started', phase: 'rebasing' });
  const index = output.indexes === undefined ? undefined : await source.indexes?.read();
  await output.checkWritable(index !== undefined);
  const apps = index === undefined ? [(await source.read()) ?? notFound(source, options)] : appImages(index, source, task);

  const rebased: Rebased[] = [];
  for (const app of apps) {
    signal.throwIfAborted();
    const name = index === undefined ? source.image : `${source.image} (${formatPlatform(imagePlatform(app))})`;
    rebased.push(await rebaseOne({ name, app, registry: source.registry ?? output.registry, options, task, ports }));
  }
  signal.throwIfAborted();

  const written = index === undefined ? { manifests: [await output.write(rebased[0]!.image)] } : await writeIndex(index, rebased, output, task);
  if (options.reportDirectory !== undefined) writeReport(options.reportDirectory, options.image, rebased, written);
  const digest = manifestOf(written)?.digest;
  if (options.tektonResults !== undefined && digest !== undefined) writeTektonResults(options.tektonResults, [parseImageReference(options.image)], digest);
  const milliseconds = performance.now() - started;
  const images = rebased.map((each, place) => describeRebased(each, written.manifests[place]));
  const delivered = written.index === undefined ? images.map(({ manifestDigest, imageId }) => manifestDigest ?? imageId) : [written.index.digest];
  for (const digest of delivered) events({ kind: 'delivered', place: output.place, name: output.image, digest });
  events({ kind: 'phase-finished', phase: 'rebasing', milliseconds });
  return { name: output.image, images, ...(written.index === undefined ? {} : { indexDigest: written.index.digest }), milliseconds };
}

/** Those that buildpacks built; what else an index lists stays as it is. Throws `REBASE_NOT_BUILT` when there are none. */
function appImages({ members }: AppIndex, { image: name }: RebasePlace, { events }: Task): readonly Image[] {
  const images = members.filter(({ entry }) => !isAttestation(entry)).map(({ image }) => image);
  const apps = images.filter((image) => Boolean(image.config.config?.Labels?.[LABELS.lifecycleMetadata]));
  if (apps.length === 0 && images[0] !== undefined) readRebaseMetadata(images[0], name);
  for (const image of images.filter((each) => !apps.includes(each))) {
    const message = `Leaving ${formatPlatform(imagePlatform(image))} of "${name}" as it is: it was not built by buildpacks`;
    events({ kind: 'message', level: 'warning', message });
  }
  return apps;
}

/** Returns the manifests of the rebased images, in their order. */
async function writeIndex(index: AppIndex, rebased: readonly Rebased[], output: RebasePlace, { events }: Task): Promise<Written> {
  const changed = new Map(rebased.flatMap(({ app, image }) => (image === app ? [] : [[digestOf(app), image] as const])));
  const { index: changedIndex, dropped } = withImages(index, changed);
  if (dropped.length > 0) {
    const what = `${dropped.length} attestation${dropped.length === 1 ? '' : 's'}`;
    events({ kind: 'message', level: 'info', message: `Leaving out ${what} of "${output.image}" about images that are replaced` });
  }
  const written = await output.indexes!.write(changedIndex);
  const manifests = rebased.map(({ app }) => written.manifests[changedIndex.members.findIndex(({ entry }) => entry.digest === digestOf(app))]);
  return { ...written, manifests };
}

/** Members of an index were read by their manifests. */
function digestOf(app: Image): Digest {
  return app.manifest!.descriptor.digest;
}

/** The manifest that stands for all that was written. */
function manifestOf({ manifests, index }: Written): Descriptor | undefined {
  return index ?? (manifests.length === 1 ? manifests[0] : undefined);
}

/** report.toml as the reference writes it (CNB.md C153): digest and size where there is a manifest, else the image ID. */
function writeReport(directory: string, tag: string, [first, ...more]: readonly Rebased[], written: Written): void {
  const manifest = manifestOf(written);
  const id = more.length > 0 || first === undefined ? {} : { imageId: first.image.imageId };
  const identity = manifest === undefined ? id : { digest: manifest.digest, manifestSize: manifest.size };
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
