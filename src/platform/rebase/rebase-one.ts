import { readRebaseMetadata, rebase } from '../../lifecycle/index.ts';
import { formatPlatform, imagePlatform } from '../../oci/index.ts';
import { createdTime } from '../created-time.ts';
import { resolveRunImage } from './resolve-run-image.ts';
import type { RebaseOutcome } from '../../lifecycle/index.ts';
import type { Descriptor, Image } from '../../oci/index.ts';
import type { RebaseOptions, RebasedImage, Task } from '../api.ts';
import type { RebasePorts } from '../ports.ts';

export interface RebaseOneRequest {
  /** For messages. */
  readonly name: string;
  readonly app: Image;
  /** Run images of this registry come first. */
  readonly registry: string | undefined;
  readonly options: RebaseOptions;
  readonly task: Task;
  readonly ports: RebasePorts;
}

/** `image` is `app` itself when it stands on that run image already. */
export interface Rebased extends Omit<RebaseOutcome, 'warnings'> {
  readonly app: Image;
  /** The new base: digest reference or image ID. */
  readonly baseReference: string;
}

/** Puts one image on the run image of its platform; nothing is written. Throws what the phase and {@link resolveRunImage} throw. */
export async function rebaseOne({ name, app, registry, options, task, ports }: RebaseOneRequest): Promise<Rebased> {
  const { events, signal } = task;
  const metadata = readRebaseMetadata(app, name);
  const { place, ...runImage } = await resolveRunImage({ options, app, metadata, registry, task, ports });
  signal.throwIfAborted();
  events({ kind: 'message', level: 'info', message: `Rebasing "${name}" on run image "${runImage.name ?? runImage.reference}" (${place})` });
  const { warnings, ...outcome } = rebase({
    name,
    app,
    runImage,
    force: options.force,
    created: createdTime(undefined, ports.sourceDateEpoch, events),
  });
  for (const warning of warnings) events({ kind: 'message', level: 'warning', message: warning });
  const changed = outcome.image.imageId !== app.imageId;
  if (!changed) events({ kind: 'message', level: 'info', message: `"${name}" stands on this run image already` });
  return { ...outcome, image: changed ? outcome.image : app, app, baseReference: runImage.reference };
}

export function describeRebased({ app, image, ...rest }: Rebased, manifest: Descriptor | undefined): RebasedImage {
  return {
    platform: formatPlatform(imagePlatform(image)),
    imageId: image.imageId,
    ...(manifest === undefined ? {} : { manifestDigest: manifest.digest }),
    changed: image !== app,
    ...rest,
  };
}
