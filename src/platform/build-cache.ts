import { join } from 'node:path';
import { digestHex, digestOf, markUsed, removeTree } from '../foundation/index.ts';
import { openDirectoryLayerCache, openImageLayerCache, openTarLayerCache } from '../lifecycle/index.ts';
import { formatPlatform, parseImageReference } from '../oci/index.ts';
import { writeCachedApplication } from '../store/index.ts';
import { LAYERS } from './layout.ts';
import { openLayers, openPlainLayers } from './open-layers.ts';
import type { LayerCache } from '../lifecycle/index.ts';
import type { ImagePlatform, ImageReference } from '../oci/index.ts';
import type { CachedApplication, Home } from '../store/index.ts';
import type { BuildSituation, PreparedBuild } from './build-situation.ts';
import type { BuildSettings } from './build-settings.ts';
import type { OpenedLayers } from './open-layers.ts';
import type { ResolvedBuilder } from './ports.ts';

/**
 * Which layer cache of the data folder a build uses. That of an application is the same whatever tag is built; another
 * builder, target or execution environment has its own. One that the user names is the same for all of them.
 */
export function cacheKey({ names, cache, execEnv }: BuildSettings, builder: ResolvedBuilder): string {
  const { os, architecture, variant = '' } = builder.runImage.image.config;
  const target = [os, architecture, variant, ...(execEnv === 'production' ? [] : [execEnv])];
  const [{ registry, repository }] = names;
  const owner = cache.kind === 'volume' && cache.name !== undefined ? ['volume', cache.name] : [registry, repository, builder.name];
  return digestHex(digestOf(JSON.stringify([...owner, ...target]))).slice(0, 32);
}

function applicationOf({ names, cache }: BuildSettings, builder: ResolvedBuilder): CachedApplication {
  const [{ registry, repository }] = names;
  const target = formatPlatform(builder.runImage.image.config);
  if (cache.kind === 'volume' && cache.name !== undefined) return { kind: 'volume', name: cache.name, target };
  return { kind: 'image', name: `${registry}/${repository}`, builder: builder.name, target };
}

/** `<layers>` of one build, and where its cached layers come from and go to. */
export interface OpenedCache extends OpenedLayers {
  readonly cache: LayerCache;
}

/** Where the layer cache of this key lies in the data folder. */
export function layerCacheDirectory(home: Pick<Home, 'cache'>, key: string): string {
  return join(home.cache, 'layers', key);
}

/** Opens the layer cache that the user asks for; `key` names that of the data folder. Throws what a registry throws. */
export async function openCache(situation: BuildSituation, { layers: folder }: Pick<PreparedBuild, 'layers'>, key: string): Promise<OpenedCache> {
  const { settings, task, ports, builder, sandbox, workDirectory } = situation;
  const place = settings.cache;
  if (place.kind === 'volume') {
    const directory = layerCacheDirectory(ports.home, key);
    if (settings.clearCache) removeTree(directory);
    const cache = await openDirectoryLayerCache(directory, task.events);
    markUsed(directory);
    writeCachedApplication(directory, applicationOf(settings, builder));
    return { cache, ...(await openLayers({ workDirectory, folder, cache, sandbox })) };
  }
  const opened = openPlainLayers(folder);
  const { uid, gid } = builder.user;
  const shared = { layersDirectory: folder.hostPath, layersPath: LAYERS, owner: { uid, gid }, events: task.events, signal: task.signal };
  if (place.kind === 'bind') {
    // As pack: the folder may hold caches of other kinds.
    const directory = join(place.directory, 'build-cache');
    if (settings.clearCache) removeTree(directory);
    return { cache: openTarLayerCache({ ...shared, directory }), ...opened };
  }
  const registry = await ports.registry(settings.insecureRegistries, task.events, task.signal);
  const reference = parseImageReference(place.name);
  const from = place.from === undefined ? [] : [parseImageReference(place.from)];
  const read = async (_reference: ImageReference, platform: ImagePlatform) => {
    for (const each of [reference, ...from]) {
      const found = await registry.read(each, platform);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const images = { write: registry.write, read: settings.clearCache ? () => Promise.resolve(undefined) : read };
  const scratch = join(workDirectory, 'cache');
  return { cache: await openImageLayerCache({ ...shared, images, reference, platform: settings.platform, scratch }), ...opened };
}
