import { imageProcesses } from '../../inspect-image.ts';
import { mergeFiles } from './image-files.ts';
import { comparePackages, listsPackages, packagesOf } from './packages.ts';
import { readLayer } from './read-layer.ts';
import type { Image } from '../../../oci/index.ts';
import type { FoundImage } from '../../find-image.ts';
import type { Task } from '../../api.ts';
import type { FileDifference, ImageDifference, LayerDifference, ValueChange } from './api.ts';
import type { FileFacts, LayerFiles } from './read-layer.ts';

/** Compares two images: what people see of them first, then every file. Each layer is read once, also when both have it. */
export async function diffImages(from: FoundImage, to: FoundImage, task: Task): Promise<ImageDifference> {
  const read = new Map<string, LayerFiles>();
  for (const layer of [...from.image.layers, ...to.image.layers]) {
    if (!read.has(layer.diffId)) read.set(layer.diffId, await readLayer(layer, listsPackages, task.signal));
  }
  const layersOf = ({ layers }: Image) => layers.map(({ diffId }) => read.get(diffId)!);
  const [fromFiles, toFiles] = [from, to].map(({ image }) => mergeFiles(layersOf(image))) as [ReadonlyMap<string, FileFacts>, ReadonlyMap<string, FileFacts>];
  const compared = ({ image, name }: FoundImage) => ({
    name,
    imageId: image.imageId,
    sizeBytes: layersOf(image).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  });
  return {
    from: compared(from),
    to: compared(to),
    packages: comparePackages(packagesOf(fromFiles), packagesOf(toFiles)),
    environment: compareValues(environmentOf(from.image), environmentOf(to.image)),
    processes: compareValues(processesOf(from.image), processesOf(to.image)),
    settings: compareValues(settingsOf(from.image), settingsOf(to.image)),
    layers: compareLayers(from.image, to.image, read),
    files: compareFiles(fromFiles, toFiles),
  };
}

function environmentOf({ config }: Image): ReadonlyMap<string, string> {
  return new Map((config.config?.Env ?? []).map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]));
}

function processesOf(image: Image): ReadonlyMap<string, string> {
  const processes = imageProcesses(image);
  return new Map(
    processes.map(({ type, command, args, default: isDefault, workingDirectory }) => [
      type,
      [[command, ...args].join(' '), ...(workingDirectory === undefined ? [] : [`in ${workingDirectory}`]), ...(isDefault ? ['(default)'] : [])].join(' '),
    ]),
  );
}

function settingsOf({ config }: Image): ReadonlyMap<string, string> {
  const { User, WorkingDir, Entrypoint, Cmd, StopSignal, ExposedPorts, Volumes } = config.config ?? {};
  const platform = [config.os, config.architecture, ...(config.variant === undefined ? [] : [config.variant])].join('/');
  const all = {
    platform,
    user: User,
    'working directory': WorkingDir,
    entrypoint: Entrypoint?.join(' '),
    command: Cmd?.join(' '),
    'stop signal': StopSignal,
    ports: Object.keys(ExposedPorts ?? {})
      .sort()
      .join(' '),
    volumes: Object.keys(Volumes ?? {})
      .sort()
      .join(' '),
  };
  return new Map(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''));
}

function compareValues(from: ReadonlyMap<string, string>, to: ReadonlyMap<string, string>): readonly ValueChange[] {
  return [...new Set([...from.keys(), ...to.keys()])].sort().flatMap((name) => {
    const [before, after] = [from.get(name), to.get(name)];
    if (before === after) return [];
    return [{ name, ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) }];
  });
}

function compareLayers(from: Image, to: Image, read: ReadonlyMap<string, LayerFiles>): readonly LayerDifference[] {
  const only = (image: Image, other: Image, change: LayerDifference['change']) => {
    const steps = (image.config.history ?? []).filter((step) => step.empty_layer !== true);
    return image.layers.flatMap(({ diffId }, index): readonly LayerDifference[] =>
      other.layers.some((layer) => layer.diffId === diffId)
        ? []
        : [{ change, diffId, createdBy: steps[index]?.created_by ?? '', sizeBytes: read.get(diffId)?.sizeBytes ?? 0 }],
    );
  };
  return [...only(from, to, 'removed'), ...only(to, from, 'added')];
}

function compareFiles(from: ReadonlyMap<string, FileFacts>, to: ReadonlyMap<string, FileFacts>): readonly FileDifference[] {
  return [...new Set([...from.keys(), ...to.keys()])].sort().flatMap((path): readonly FileDifference[] => {
    const [before, after] = [from.get(path), to.get(path)];
    if (before === undefined) return after === undefined ? [] : [{ path: `/${path}`, change: 'added', aspects: [], toBytes: after.sizeBytes }];
    if (after === undefined) return [{ path: `/${path}`, change: 'removed', aspects: [], fromBytes: before.sizeBytes }];
    const aspects = (['type', 'content', 'target', 'mode', 'owner'] as const).filter((aspect) => before[aspect] !== after[aspect]);
    return aspects.length === 0 ? [] : [{ path: `/${path}`, change: 'changed', aspects, fromBytes: before.sizeBytes, toBytes: after.sizeBytes }];
  });
}
