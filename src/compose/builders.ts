import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createDaemonImageStore } from '../daemon/index.ts';
import { digestHex, digestOf, makeDirectory, markUsed, temporaryBeside, writeFileAtomic } from '../foundation/index.ts';
import { resolveBundledRunImage } from '../platform/index.ts';
import { createSupply, downloadFile } from './debian.ts';
import { openDaemon, openRegistry } from './images.ts';
import { impatientClient } from './impatient-client.ts';
import { once } from './machine.ts';
import type { EventSink } from '../foundation/index.ts';
import type { HttpClient } from '../http/index.ts';
import type { BuildEvent, BuilderPorts, BundledBuilderPorts, DaemonImages, ModulePorts, PullRequest, RegistryImages } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/** What turns the files of a bundled builder into images. */
export function bundledBuilderPorts(machine: Machine): BundledBuilderPorts {
  return {
    home: machine.home(),
    store: machine.store(),
    buildersDirectory: machine.directories.builders,
    buildpacksDirectory: machine.directories.buildpacks,
    createSupply: createSupply(machine),
    npmRegistry: machine.npmRegistry,
    download: downloadFile(machine),
    clock: machine.clock,
  };
}

/** The run image of a bundled builder, by its own name or the builder's. */
export function bundledRunImage(machine: Machine, name: string, request: Pick<PullRequest, 'platform' | 'events' | 'signal'>) {
  return resolveBundledRunImage(name, { ...request, frozen: false }, bundledBuilderPorts(machine));
}

/** What finds builders, run images and buildpacks of anybody. */
export function builderPorts(machine: Machine, workingDirectory: string): BuilderPorts {
  return { bundled: bundledBuilderPorts(machine), modules: modulePorts(machine, workingDirectory) };
}

function modulePorts(machine: Machine, workingDirectory: string): ModulePorts {
  const index = machine.environment.TSPACK_BUILDPACK_REGISTRY;
  const impatient = once(async () => impatientClient(await machine.http()));
  return {
    home: machine.home(),
    store: machine.store(),
    clock: machine.clock,
    workingDirectory,
    registry: (insecure, events, signal) => registryImages(machine, insecure, events, signal, impatient),
    daemon: (signal) => daemonImages(machine, signal),
    runImageMirrors: machine.configuration().map('run-image-mirrors'),
    bundledRunImage: async (name, request) => {
      const found = await bundledRunImage(machine, name, request);
      return found && { ...found, place: 'bundled' };
    },
    buildpackRegistry: index === undefined || index === '' ? undefined : resolve(workingDirectory, index),
    download: (url, events, signal) => downloadOnce(machine, url, events, signal),
  };
}

async function registryImages(
  machine: Machine,
  insecureRegistries: readonly string[],
  events: EventSink<BuildEvent>,
  signal: AbortSignal,
  impatient: () => Promise<Pick<HttpClient, 'request'>>,
): Promise<RegistryImages> {
  const registry = await openRegistry(machine, insecureRegistries, events, signal);
  const hurried = once(async () => openRegistry(machine, insecureRegistries, events, signal, await impatient()));
  return {
    read: (reference, platform) => registry.read(reference, platform),
    write: (image, references) => registry.write(image, references),
    platforms: (reference) => registry.platforms(reference),
    resolve: async (reference, patience) => await (patience === 'short' ? await hurried() : registry).resolve(reference),
    openBlob: (reference, descriptor) => registry.openBlob(reference, descriptor),
  };
}

async function daemonImages(machine: Machine, signal: AbortSignal): Promise<DaemonImages | undefined> {
  const opened = await openDaemon(machine, signal);
  if (opened === undefined) return undefined;
  const { daemon, name } = opened;
  const { compressor, blobs } = machine.store();
  return {
    name,
    inspect: (reference) => createDaemonImageStore({ daemon, compressor, blobs, signal }).inspect(reference),
    images: (into) => createDaemonImageStore({ daemon, compressor, blobs: into, signal }),
  };
}

/**
 * Downloads a file, or asks whether the copy from last time is still the one (RFC 9110 section 13.1.2). It is stored by
 * its content, so that two downloads at once do not meet.
 */
async function downloadOnce(machine: Machine, url: string, events: EventSink<BuildEvent>, signal: AbortSignal): Promise<string> {
  const directory = join(machine.home().cache, 'downloads');
  const record = join(directory, `${digestHex(digestOf(url))}.json`);
  const known = markUsed(record) ? (JSON.parse(readFileSync(record, 'utf8')) as { readonly etag: string; readonly file: string }) : undefined;
  const usable = known !== undefined && markUsed(join(directory, known.file)) ? known : undefined;
  const http = await machine.http();
  const response = await http.request({
    url,
    expect: [304],
    signal,
    ...(usable === undefined ? {} : { headers: { 'if-none-match': usable.etag } }),
  });
  if (response.status === 304 && usable !== undefined) {
    await response.discard();
    return join(directory, usable.file);
  }
  events({ kind: 'message', level: 'info', message: `Downloading ${url}` });
  makeDirectory(directory);
  const temporary = temporaryBeside(join(directory, 'download'));
  const hash = createHash('sha256');
  const file = await open(temporary, 'wx');
  try {
    for await (const chunk of response.bytes()) {
      signal.throwIfAborted();
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    const name = hash.digest('hex');
    renameSync(temporary, join(directory, name));
    const etag = response.headers.get('etag');
    if (etag !== undefined) writeFileAtomic(record, JSON.stringify({ etag, file: name }));
    return join(directory, name);
  } finally {
    await file.close();
    rmSync(temporary, { force: true });
  }
}
