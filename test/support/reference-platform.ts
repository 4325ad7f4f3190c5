import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildImageOwner, createBuilder, findBundledBuilder, readBundledBuildpacks, unpackBuildImage, unpackBuilderNode } from '../../src/builder/index.ts';
import { bundledBuilderPorts } from '../../src/compose/builders.ts';
import { createSupply, downloadFile } from '../../src/compose/debian.ts';
import { openMachine } from '../../src/compose/machine.ts';
import type { Machine } from '../../src/compose/machine.ts';
import { openToolbox } from '../../src/compose/toolbox.ts';
import { systemClock } from '../../src/foundation/index.ts';
import { parseImageReference } from '../../src/oci/index.ts';
import { architectureOf, resolveBundledBuilder } from '../../src/platform/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../src/registry/index.ts';
import { findProgram } from './requirement.ts';
import { answers, startProgram } from './started-program.ts';
import type { StartedProgram } from './started-program.ts';

const run = promisify(execFile);
const silent = () => undefined;

/**
 * A Docker daemon of its own, with a bridge of its own and no iptables, so that it disturbs none that runs already (with
 * `--bridge=none` it would remove theirs). Needs root. `apiVersion` is the newest it speaks: pack and the lifecycle do not
 * ask, so `DOCKER_API_VERSION` must say it to them.
 */
export async function startDockerd(directory: string): Promise<StartedProgram & { readonly host: string; readonly apiVersion: string }> {
  mkdirSync(directory, { recursive: true });
  const socket = join(directory, 'docker.sock');
  const bridge = await createBridge();
  const folders = ['--data-root', join(directory, 'data'), '--exec-root', join(directory, 'exec'), '--pidfile', join(directory, 'pid')];
  const started = startProgram(
    'dockerd',
    [...folders, '--host', `unix://${socket}`, '--iptables=false', '--ip6tables=false', `--bridge=${bridge}`],
    join(directory, 'log'),
  );
  const host = `unix://${socket}`;
  let apiVersion = '';
  await answers(started, join(directory, 'log'), async () => {
    if (!existsSync(socket)) throw new Error('no socket yet');
    apiVersion = (await run('docker', ['--host', host, 'version', '--format', '{{.Server.APIVersion}}'])).stdout.trim();
  });
  return {
    pid: started.pid,
    host,
    apiVersion,
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      await run('ip', ['link', 'delete', bridge]);
      // It leaves its network namespaces mounted, and nobody can remove the folder then.
      const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .map((line) => line.split(' ')[4] ?? '');
      for (const mount of mounts.filter((path) => path.startsWith(`${directory}/`)).reverse()) await run('umount', [mount]);
    },
  };
}

/** A network bridge with the first free address of 10.211.0.0/16. */
async function createBridge(): Promise<string> {
  for (let number = 1; number < 255; number++) {
    const name = `tspack-test${number}`;
    try {
      await run('ip', ['link', 'add', name, 'type', 'bridge']);
    } catch {
      continue; // taken by another daemon
    }
    await run('ip', ['address', 'add', `10.211.${number}.1/24`, 'dev', name]);
    return name;
  }
  throw new Error('every test bridge is taken');
}

/** The builder `base` and its run image in a registry, as pack and the reference lifecycle take them. */
export interface PublishedBuilder {
  readonly builder: string;
  readonly runImage: string;
  /** What unpacked build images are made with: `tspack build --builder base` finds all of it in the same data folder. */
  readonly machine: Machine;
}

/**
 * Makes a builder image of the bundled builder `base`, the reference's lifecycle and the bundled buildpacks, and pushes
 * it with its run image. What it needs is kept in tspack's data folder `home`.
 */
export async function publishReferenceBuilder(options: {
  readonly home: string;
  readonly registry: string;
  readonly lifecycle: string;
  /** Variables of the image, which the lifecycle's own processes see. */
  readonly env?: Readonly<Record<string, string>>;
}): Promise<PublishedBuilder> {
  const machine = openMachine({ ...process.env, TSPACK_HOME: options.home }, process.cwd());
  const architecture = architectureOf(machine.platform);
  const { signal } = new AbortController();
  const builder = findBundledBuilder(machine.directories.builders, 'base');
  const owner = buildImageOwner(builder, machine.directories.builders);
  const cacheDirectory = join(machine.home().cache, 'images');
  const { runImage } = await resolveBundledBuilder(
    { name: 'base', platform: machine.platform, frozen: false, events: silent, signal },
    bundledBuilderPorts(machine),
  );
  await openToolbox(machine, silent, signal);
  const buildImage = await unpackBuildImage({
    builder: owner,
    architecture,
    supply: createSupply(machine)(owner, architecture, false, silent, signal),
    cacheDirectory,
    clock: systemClock,
  });
  const node = await unpackBuilderNode({
    builder: owner,
    architecture,
    registry: await machine.npmRegistry(),
    download: (file, path) => downloadFile(machine)(file, path, silent, signal),
    cacheDirectory,
    clock: systemClock,
  });
  const workDirectory = join(machine.home().work, 'reference-builder');
  const { blobs, layerWriter, compressor } = machine.store();
  const names = { builder: `${options.registry}/builder:base`, runImage: `${options.registry}/run:base` };
  const image = await createBuilder({
    builder,
    architecture,
    buildImage: { ...buildImage, env: { ...buildImage.env, ...options.env } },
    node,
    buildpacks: readBundledBuildpacks(builder, machine.directories.buildpacks),
    lifecycle: options.lifecycle,
    runImage: names.runImage,
    layerWriter,
    workDirectory,
    createdBy: { name: 'tspack', version: machine.version },
  });
  const registry = createRegistryStore({ http: await machine.http(), keychain: ANONYMOUS, clock: systemClock, compressor });
  await registry.write(runImage.image, [parseImageReference(names.runImage)]);
  await registry.write(image, [parseImageReference(names.builder)]);
  // The layers of the builder image are half a gigabyte that no build of tspack reads.
  for (const { diffId } of image.layers) blobs.remove(diffId);
  rmSync(workDirectory, { recursive: true, force: true });
  return { ...names, machine };
}

/** Arguments of `pack build` that give its containers this machine's network, npm registry and certificates. */
export async function packSurroundings(machine: Machine): Promise<readonly string[]> {
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  return [
    ...['--network', 'host', '--docker-host', 'inherit', '--env', `npm_config_registry=${await machine.npmRegistry()}`],
    ...(certificates === undefined ? [] : ['--volume', `${certificates}:/host-ca.pem:ro`, '--env', 'NODE_EXTRA_CA_CERTS=/host-ca.pem']),
  ];
}

/** pack and the lifecycle archive beside it; undefined when they were not built. */
export function findReference(): { readonly pack: string; readonly lifecycle: string } | undefined {
  const pack = findProgram('pack');
  const lifecycle = pack === undefined ? undefined : join(dirname(pack), 'lifecycle.tgz');
  return pack !== undefined && lifecycle !== undefined && existsSync(lifecycle) ? { pack, lifecycle } : undefined;
}
