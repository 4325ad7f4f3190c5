import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLifecycleImage, packLifecycle } from '../../src/builder/index.ts';
import { systemClock } from '../../src/foundation/index.ts';
import { parseImageReference } from '../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../src/registry/index.ts';
import { assembleTestLifecycle } from './phase-programs.ts';
import { findReference, publishReferenceBuilder, startDockerd } from './reference-platform.ts';
import { startDockerRegistry } from './real-registries.ts';
import { findProgram } from './requirement.ts';
import type { PublishedBuilder } from './reference-platform.ts';
import type { StartedProgram } from './started-program.ts';

export const PACK_REQUIREMENT = 'pack with lifecycle.tgz beside it, root, dockerd, docker and docker-registry';

export function hasPackPlatform(): boolean {
  const programs = ['dockerd', 'docker', 'docker-registry'].every((name) => findProgram(name) !== undefined);
  return findReference() !== undefined && process.getuid?.() === 0 && programs;
}

/** A Docker daemon, a registry, a build and a run image that `base` has, and pack among them. */
export interface PackPlatform extends AsyncDisposable {
  readonly registry: string;
  readonly published: PublishedBuilder;
  /** The archive of tspack's own lifecycle. */
  readonly lifecycle: string;
  /** Puts the lifecycle in a folder (with `lifecycle.toml`) into an image of the registry and the daemon. */
  publishLifecycle(directory: string, name: string): Promise<string>;
  readonly ownLifecycleImage: string;
  /** Both streams. Throws with them when the program fails. */
  run(command: string, args: readonly string[]): Promise<string>;
  pack(...args: readonly string[]): Promise<string>;
  packBuild(image: string, builder: string, app: string, ...more: readonly string[]): Promise<string>;
  imageId(image: string): Promise<string>;
  start(image: string, ...args: readonly string[]): Promise<string>;
}

/** `place` is an existing folder that the caller removes. */
export async function startPackPlatform(place: string, home: string): Promise<PackPlatform> {
  const started: StartedProgram[] = [];
  const dockerd = await startDockerd(join(place, 'dockerd'));
  started.push(dockerd);
  const { host: registry, ...server } = await startDockerRegistry(join(place, 'registry'));
  started.push(server);
  const env = { ...process.env, DOCKER_HOST: dockerd.host, DOCKER_API_VERSION: dockerd.apiVersion, PACK_HOME: join(place, 'pack'), PACK_VOLUME_KEY: 'test' };
  const run = async (command: string, args: readonly string[]) => {
    try {
      const { stdout, stderr } = await promisify(execFile)(command, [...args], { env, maxBuffer: 1 << 28 });
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
      throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
    }
  };
  const pack = (...args: readonly string[]) => run(findReference()!.pack, args);

  const own = await assembleTestLifecycle(place);
  const lifecycle = join(place, 'lifecycle.tgz');
  await packLifecycle(own, lifecycle);
  const published = await publishReferenceBuilder({ home, registry, lifecycle });
  const { machine } = published;
  const store = machine.store();
  const images = createRegistryStore({ http: await machine.http(), keychain: ANONYMOUS, clock: systemClock, compressor: store.compressor });
  const base = (await images.read(parseImageReference(published.runImage), machine.platform))!;
  for (const image of [published.builder, published.runImage]) await run('docker', ['pull', '--quiet', image]);
  const publishLifecycle = async (directory: string, name: string) => {
    const image = `${registry}/${name}`;
    await images.write(await createLifecycleImage({ lifecycle: directory, base, layerWriter: store.layerWriter }), [parseImageReference(image)]);
    await run('docker', ['pull', '--quiet', image]);
    return image;
  };
  mkdirSync(join(place, 'app'), { recursive: true });
  return {
    ...{ registry, published, lifecycle, publishLifecycle, run, pack },
    ownLifecycleImage: await publishLifecycle(own, 'lifecycle:test'),
    packBuild: async (image, builder, app, ...more) =>
      await pack(
        ...['build', image, '--builder', builder, '--path', app, '--pull-policy', 'if-not-present', '--network', 'host'],
        ...['--docker-host', 'inherit', ...more],
      ),
    imageId: async (image) => (await run('docker', ['image', 'inspect', '--format', '{{.Id}}', image])).trim(),
    start: async (image, ...args) => await run('docker', ['run', '--rm', '--network', 'host', image, ...args]),
    async [Symbol.asyncDispose]() {
      for (const program of started.reverse()) await program[Symbol.asyncDispose]();
      rmSync(join(place, 'dockerd'), { recursive: true, force: true });
    },
  };
}
