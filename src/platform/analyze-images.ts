import { TspackError } from '../foundation/index.ts';
import { analyze } from '../lifecycle/index.ts';
import { formatFamiliarReference } from '../oci/index.ts';
import { findImage } from './find-image.ts';
import type { Analysis } from '../lifecycle/index.ts';
import type { Image } from '../oci/index.ts';
import type { BuildSituation } from './build-situation.ts';

/** An image whose layers may be used again, and where it was found. */
interface PreviousImage {
  readonly image: Image;
  readonly place: string;
}

/** Reads what the previous image says of its layers, and says where it was found. Throws what reading images throws. */
export async function analyzeImages(situation: BuildSituation): Promise<Analysis> {
  const { settings, builder, task } = situation;
  const name = settings.previousImage ?? formatFamiliarReference(settings.names[0]);
  async function read(): Promise<Image | undefined> {
    const previous = await findPreviousImage(situation);
    const message = previous === undefined ? `Image "${name}" not found` : `Using image "${name}" of ${previous.place}`;
    task.events({ kind: 'message', level: 'info', message });
    return previous?.image;
  }
  return await analyze(
    { previousImage: settings.names[0], runImage: builder.runImage.image, execEnv: settings.execEnv },
    { images: { read }, events: task.events },
  );
}

/** The image that the user names; else the one that will be replaced, where it will be (platform.md#analyzer, CNB.md C021). None is no error. */
async function findPreviousImage({ settings, ports, task }: BuildSituation): Promise<PreviousImage | undefined> {
  const { names, platform, insecureRegistries } = settings;
  const isPushed = settings.outputs.some(({ kind }) => kind === 'registry');
  const registry = () => ports.registry(insecureRegistries, task.events, task.signal);
  if (settings.previousImage !== undefined) {
    const location = { image: settings.previousImage, remote: isPushed, insecureRegistries };
    const daemon = () => ports.daemon(task.signal).catch(() => undefined);
    return await findImage(location, { home: ports.home, store: ports.store, platform, registry, daemon, signal: task.signal }).catch(unlessMissing);
  }
  const local = await ports.store.read(names[0], platform);
  if (isPushed) {
    const image = await (await registry()).read(names[0], platform);
    // The same image is nearer in the local store: its layers need no download.
    if (image !== undefined && image.imageId !== local?.imageId) return { image, place: `registry ${names[0].registry}` };
  }
  if (local !== undefined) return { image: local, place: 'the local store' };
  if (!settings.outputs.some(({ kind }) => kind === 'docker')) return undefined;
  const daemon = await ports.daemon(task.signal);
  const image = await daemon.images.read(names[0], platform);
  return image && { image, place: daemon.name };
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof TspackError && error.code === 'IMAGE_NOT_FOUND') return undefined;
  throw error;
}
