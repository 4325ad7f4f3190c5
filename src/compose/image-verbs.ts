import {
  diffImages,
  diskUsage,
  findImage,
  imageHistory,
  listImages,
  loadImages,
  parsePlatform,
  prune,
  pullIntoStore,
  pushImage,
  removeImages,
  requireOutputPlaces,
  saveImages,
  tagImage,
  unpackInto,
  writeWhole,
} from '../platform/index.ts';
import { surveyHome } from '../store/index.ts';
import { prunePorts } from './caches.ts';
import { findPorts } from './find-ports.ts';
import { openRegistry } from './images.ts';
import { composeLogin } from './login.ts';
import { once } from './machine.ts';
import { heldWhileRead, withHome } from './with-home.ts';
import type { ImageLocation, ImageVerbs, Task } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/** The verbs on images of the local store, on this machine. */
export function composeImageVerbs(machine: Machine, workingDirectory: string): ImageVerbs {
  const find = (location: ImageLocation, task: Task) => findImage(location, findPorts(machine, workingDirectory, task, location.insecureRegistries));
  return {
    listImages: async (filter) => listImages(filter, machine.store()),
    // These two change what others may be using: they do not count as users themselves.
    removeImages: (names, options, task) => removeImages(names, options, task, { home: machine.home(), store: machine.store() }),
    prune: (request, task) => prune(request, task, prunePorts(machine)),
    diskUsage: async () => diskUsage(surveyHome(machine.home(), machine.store())),
    tagImage: (image, names, task) => withHome(machine, task, () => tagImage(image, names, machine.store())),
    pullImage: ({ image, platform, insecureRegistries }, task) =>
      withHome(machine, task, () => {
        const ports = findPorts(machine, workingDirectory, task, insecureRegistries);
        return pullIntoStore(image, task, platform === undefined ? ports : { ...ports, platform: parsePlatform(platform) });
      }),
    pushImage: (options, task) =>
      withHome(machine, task, () =>
        pushImage(options, { store: machine.store(), registry: once(() => openRegistry(machine, options.insecureRegistries, task.events, task.signal)) }),
      ),
    saveImages: async (options, task) => heldWhileRead(machine, task, await withHome(machine, task, () => saveImages(options, machine.store()))),
    saveImagesTo: (path, options, task) =>
      withHome(machine, task, async () => {
        requireOutputPlaces([{ kind: options.format === 'oci' ? 'oci-archive' : 'docker-archive', path }]);
        await writeWhole(path, await saveImages(options, machine.store()), task.signal);
      }),
    loadImages: (source, { name }, task) => withHome(machine, task, () => loadImages(source, name, machine.store())),
    imageHistory: (location, task) => withHome(machine, task, async () => imageHistory((await find(location, task)).image)),
    unpackImage: (location, directory, task) => withHome(machine, task, async () => unpackInto((await find(location, task)).image, directory, task)),
    diffImages: (one, other, task) => withHome(machine, task, async () => diffImages(await find(one, task), await find(other, task), task)),
    ...composeLogin(machine),
  };
}
