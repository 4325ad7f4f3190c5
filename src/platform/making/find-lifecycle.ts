import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LifecycleSource } from '../../builder/index.ts';
import type { SupportedTarget } from '../../cnb/index.ts';
import { requireImage } from '../images/pull-image.ts';
import { ownLifecycle } from './own-lifecycle.ts';
import { platformOfTarget } from './base-image.ts';
import { imageSources } from './image-sources.ts';
import type { BuilderSituation } from './builder-situation.ts';

/** Where releases of the reference lifecycle are. */
const RELEASES = 'https://github.com/buildpacks/lifecycle/releases/download';
/** Its releases have a name of their own for this architecture. */
const RELEASE_ARCHITECTURES: Readonly<Record<string, string>> = { amd64: 'x86-64' };

/** The lifecycle that builder.toml names: a release of the reference, an archive, a folder, an image; else tspack's own. */
export async function findLifecycle(target: SupportedTarget, situation: BuilderSituation): Promise<LifecycleSource> {
  const { definition, baseDirectory, options, ports, task } = situation;
  const platform = platformOfTarget(target, ports.hostPlatform);
  const { version, uri } = definition.lifecycle;
  const download = (url: string) => ports.modules.download(url, task.events, task.signal);
  if (version !== undefined) {
    const architecture = RELEASE_ARCHITECTURES[platform.architecture] ?? platform.architecture;
    return await download(`${RELEASES}/v${version}/lifecycle-v${version}+linux.${architecture}.tgz`);
  }
  if (uri === undefined || uri === '') return await ownLifecycle(platform, ports, task);
  if (/^https?:\/\//.test(uri)) return await download(uri);
  if (uri.startsWith('file:')) return fileURLToPath(uri);
  if (/^(?:docker|oci|oci-archive|docker-archive):/.test(uri)) {
    const image = uri.replace(/^docker:\/+/, '');
    const found = await requireImage(
      { image, role: 'lifecycle image', platform, ...imageSources(options), events: task.events, signal: task.signal },
      ports.modules,
    );
    return found.image;
  }
  return resolve(baseDirectory, uri);
}
