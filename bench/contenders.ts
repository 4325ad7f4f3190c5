import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/foundation/index.ts';
import { packSurroundings, publishReferenceBuilder, startDockerd } from '../test/support/reference-platform.ts';
import { startDockerRegistry } from '../test/support/real-registries.ts';
import type { StartedProgram } from '../test/support/started-program.ts';
import { processesWith } from './measure.ts';
import type { Command } from './measure.ts';

/** Where an image goes: Docker for pack and tspack's store for tspack, or a registry, or (tspack) Docker as well. */
export type Destination = 'local' | 'registry' | 'docker';

/** A tool that builds images of an application. */
export interface Contender {
  readonly name: 'pack' | 'tspack';
  build(image: string, app: string, destination: Destination): Command;
  /** Forgets everything of applications; the base images stay unpacked. */
  forget(): void;
  /** Processes that work for it besides its own. */
  others(): readonly number[];
}

export interface Contenders extends AsyncDisposable {
  readonly pack: Contender;
  readonly tspack: Contender;
  readonly registry: string;
  /** pack's builder, with the reference lifecycle in it. */
  readonly builder: string;
  /** pack itself, and what it is run with. */
  readonly packProgram: string;
  readonly packEnv: NodeJS.ProcessEnv;
}

/** Starts what both need, and makes one builder of the same base for both. `directory` is new. */
export async function prepareContenders(directory: string, reference: string): Promise<Contenders> {
  const started: StartedProgram[] = [];
  const dispose = async () => {
    for (const program of started.reverse()) await program[Symbol.asyncDispose]();
  };
  try {
    const dockerd = await startDockerd(join(directory, 'dockerd'));
    started.push(dockerd);
    const registry = await startDockerRegistry(join(directory, 'registry'));
    started.push(registry);
    const home = join(directory, 'home');
    const apiVersion = { DOCKER_API_VERSION: dockerd.apiVersion };
    const published = await publishReferenceBuilder({ home, registry: registry.host, lifecycle: join(reference, 'lifecycle.tgz'), env: apiVersion });
    const store = join(home, 'store');
    const pristine = join(directory, 'pristine-store');
    cpSync(store, pristine, { recursive: true });

    const docker = { ...process.env, ...apiVersion, DOCKER_HOST: dockerd.host };
    const packEnv = { ...docker, PACK_HOME: join(directory, 'pack'), PACK_VOLUME_KEY: 'bench' };
    const run = (command: string, args: readonly string[]) =>
      execFileSync(command, args, { env: packEnv, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    for (const image of [published.builder, published.runImage]) run('docker', ['pull', '--quiet', image]);
    const packProgram = join(reference, 'pack');
    run(packProgram, ['config', 'trusted-builders', 'add', published.builder]);
    const base = new Set([published.builder, published.runImage]);
    const surroundings = await packSurroundings(published.machine);
    // Each has its own names: a previous image of the other would be taken over.
    const named = (destination: Destination, name: string) => (destination === 'registry' ? `${registry.host}/${name}` : name);

    return {
      registry: registry.host,
      builder: published.builder,
      packProgram,
      packEnv,
      pack: {
        name: 'pack',
        build: (image, app, destination) => ({
          command: [
            ...[packProgram, 'build', named(destination, `pack-${image}`), '--path', app, '--builder', published.builder, '--pull-policy', 'if-not-present'],
            ...(destination === 'registry' ? ['--publish'] : []),
            ...surroundings,
          ],
          env: packEnv,
        }),
        forget() {
          const images = run('docker', ['image', 'ls', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}'])
            .split('\n')
            .map((line) => line.split(' '));
          const made = new Set(images.flatMap(([id = '', name = '']) => (id === '' || base.has(name) ? [] : [id])));
          if (made.size > 0) run('docker', ['image', 'rm', '--force', ...made]);
          const volumes = run('docker', ['volume', 'ls', '--quiet'])
            .split('\n')
            .filter((name) => name !== '');
          if (volumes.length > 0) run('docker', ['volume', 'rm', '--force', ...volumes]);
        },
        others: () => [dockerd.pid, ...processesWith(join(directory, 'dockerd'))],
      },
      tspack: {
        name: 'tspack',
        build: (image, app, destination) => ({
          command: [
            ...[process.execPath, join(packageRoot(), 'bin/tspack'), 'build', named(destination, `tspack-${image}`), '--path', app, '--builder', 'base'],
            ...(destination === 'registry' ? ['--publish'] : destination === 'docker' ? ['--output', 'docker'] : []),
          ],
          env: { ...docker, TSPACK_HOME: home },
        }),
        forget() {
          for (const folder of [store, join(home, 'cache/layers')]) rmSync(folder, { recursive: true, force: true });
          mkdirSync(store, { recursive: true });
          cpSync(pristine, store, { recursive: true });
        },
        others: () => [],
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
