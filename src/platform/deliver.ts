import { existsSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory, temporaryBeside } from '../foundation/index.ts';
import { createOciArchive, formatFamiliarReference, formatImageReference, openDockerArchive, openLayoutStore } from '../oci/index.ts';
import type { Digest } from '../foundation/index.ts';
import type { Image } from '../oci/index.ts';
import type { Output } from './api.ts';
import type { BuildSituation } from './build-situation.ts';

/** Writes the image to every output; returns the digest of its manifest when one of them has a manifest. */
export async function deliver(situation: BuildSituation, image: Image): Promise<Digest | undefined> {
  const { options, ports, record, reference, task } = situation;
  const distributed = options.outputs.some(hasManifest) ? await ports.store.distribute(image) : undefined;
  for (const output of options.outputs) {
    task.signal.throwIfAborted();
    const place = await deliverTo(output, distributed ?? image, situation);
    const digest = hasManifest(output) && distributed !== undefined ? distributed.manifest.descriptor.digest : image.imageId;
    const name = output.kind === 'registry' ? formatImageReference(reference) : formatFamiliarReference(reference);
    record.add({ kind: 'delivered', place, name, digest });
    task.events({ kind: 'delivered', place, name, digest });
  }
  return distributed?.manifest.descriptor.digest;
}

/** A daemon and a docker archive hold a config and tars; the others hold a manifest. */
function hasManifest({ kind }: Output): boolean {
  return kind !== 'docker' && kind !== 'docker-archive';
}

async function deliverTo(output: Output, image: Image, { reference, options, ports, task }: BuildSituation): Promise<string> {
  switch (output.kind) {
    case 'registry': {
      const registry = await ports.registry(options.insecureRegistries, task.events, task.signal);
      await registry.write(image, [reference]);
      return reference.registry;
    }
    case 'docker': {
      const daemon = await ports.daemon(task.signal);
      await daemon.images.write(image, [reference]);
      return daemon.name;
    }
    case 'oci':
      await openLayoutStore({ directory: output.path, compressor: ports.store.compressor }).write(image, [reference]);
      return `oci:${output.path}`;
    case 'oci-archive': {
      const archive = await createOciArchive(image, [reference], ports.store.compressor);
      await writeWhole(output.path, archive.open(), task.signal);
      return `oci-archive:${output.path}`;
    }
    case 'docker-archive':
      await writeWhole(output.path, openDockerArchive(image, [reference], ports.store.compressor), task.signal);
      return `docker-archive:${output.path}`;
  }
}

/** The file appears complete or not at all; where a link leads to a file, that file is replaced. */
async function writeWhole(name: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
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
