import { existsSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory, temporaryBeside } from '../foundation/index.ts';
import { createOciArchive, formatFamiliarReference, formatImageReference, openDockerArchive, openLayoutStore } from '../oci/index.ts';
import { announceDelivery } from './build-situation.ts';
import { wantsDigest } from './result-files.ts';
import type { Descriptor, Image } from '../oci/index.ts';
import type { Output } from './api.ts';
import type { BuildSituation } from './build-situation.ts';

/** Writes the image to every output; returns its manifest when one of them has one. */
export async function deliver(situation: BuildSituation, image: Image): Promise<Descriptor | undefined> {
  const { settings, ports, task } = situation;
  const distributed = settings.outputs.some(hasManifest) || wantsDigest(settings.resultFiles ?? {}) ? await ports.store.distribute(image) : undefined;
  for (const output of settings.outputs) {
    task.signal.throwIfAborted();
    const place = await deliverTo(output, distributed ?? image, situation);
    const digest = hasManifest(output) && distributed !== undefined ? distributed.manifest.descriptor.digest : image.imageId;
    announceDelivery(situation, place, settings.names.map(output.kind === 'registry' ? formatImageReference : formatFamiliarReference), digest);
  }
  return distributed?.manifest.descriptor;
}

/** A daemon and a docker archive hold a config and tars; the others hold a manifest. */
function hasManifest({ kind }: Output): boolean {
  return kind !== 'docker' && kind !== 'docker-archive';
}

async function deliverTo(output: Output, image: Image, { settings, ports, task, builder }: BuildSituation): Promise<string> {
  switch (output.kind) {
    case 'registry': {
      const registry = await ports.registry(settings.insecureRegistries, task.events, task.signal);
      await registry.write(image, settings.names);
      return settings.names[0].registry;
    }
    case 'docker': {
      const daemon = await ports.daemon(task.signal);
      await daemon.images.write(image, settings.names);
      return daemon.name;
    }
    case 'oci': {
      const base = new Set(settings.sparse ? builder.runImage.image.layers.map(({ diffId }) => diffId) : []);
      const layout = openLayoutStore({ directory: output.path, compressor: ports.store.compressor, isLeftOut: ({ diffId }) => base.has(diffId) });
      await layout.write(image, settings.names);
      return `oci:${output.path}`;
    }
    case 'oci-archive': {
      const archive = await createOciArchive([{ image, references: settings.names }], ports.store.compressor);
      await writeWhole(output.path, archive.open(), task.signal);
      return `oci-archive:${output.path}`;
    }
    case 'docker-archive':
      await writeWhole(output.path, openDockerArchive([{ image, references: settings.names }], ports.store.compressor), task.signal);
      return `docker-archive:${output.path}`;
  }
}

/** The file appears complete or not at all; where a link leads to a file, that file is replaced. */
export async function writeWhole(name: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const path = existsSync(name) ? realpathSync(name) : name;
  makeDirectory(dirname(path));
  const temporary = temporaryBeside(path);
  const file = await open(temporary, 'wx');
  try {
    for await (const chunk of bytes) {
      signal.throwIfAborted();
      await file.writeFile(chunk);
    }
    await file.sync();
    renameSync(temporary, path);
  } finally {
    await file.close();
    rmSync(temporary, { force: true });
  }
}
