import { posix } from 'node:path';
import { findAccount } from './accounts.ts';
import { findLayer, makeLayer, withHistory, withLayer } from './add-layer.ts';
import { changeConfig } from './change-config.ts';
import { envOf, shellOf } from './container-config.ts';
import { copyEntries, digestEntries } from './copy-instruction.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { withMountPoints } from './mount-points.ts';
import { parseDockerfile } from './parse-dockerfile.ts';
import { runCommand, workingDirectory } from './run-instruction.ts';
import { runMounts } from './run-mounts.ts';
import { StageArguments, expand, lookupIn } from './variables.ts';
import type { LayerTarEntry } from '../archive/index.ts';
import type { Layer } from '../oci/index.ts';
import type { Account } from './accounts.ts';
import type { DockerfilePlace } from './dockerfile-error.ts';
import type { DockerfileInputs } from './dockerfile-inputs.ts';
import type { CachedLayer, InstructionCache } from './instruction-cache.ts';
import type { CopyInstruction, Instruction, RunInstruction, WorkdirInstruction } from './instruction.ts';
import type { DockerfilePorts, StageImage } from './ports.ts';
import type { SourceTree } from './source-tree.ts';

/** What the stages of one Dockerfile share. */
export interface StageContext {
  readonly inputs: Omit<DockerfileInputs, 'target'>;
  readonly ports: DockerfilePorts;
  readonly cache: InstructionCache;
  readonly globals: ReadonlyMap<string, string>;
  readonly context: () => SourceTree;
  readonly imageNamed: (name: string, place: DockerfilePlace) => Promise<StageImage>;
}

/** Runs the instructions of one stage. */
export class StageBuilder {
  readonly #stage: StageContext;
  readonly #arguments: StageArguments;
  /** A CMD of the base counts no longer once the stage has an ENTRYPOINT of its own. */
  #hasCommand = false;

  constructor(stage: StageContext) {
    this.#stage = stage;
    this.#arguments = new StageArguments(stage.inputs.buildArguments, stage.globals);
  }

  async build(base: StageImage, instructions: readonly Instruction[]): Promise<StageImage> {
    const { OnBuild: triggers = [], ...config } = base.config;
    let image: StageImage = { ...base, config };
    for (const instruction of [...(await parseTriggers(triggers)), ...instructions]) {
      this.#stage.inputs.signal?.throwIfAborted();
      image = await this.#apply(image, instruction);
    }
    return image;
  }

  async #apply(image: StageImage, instruction: Instruction): Promise<StageImage> {
    const { escape } = this.#stage.inputs.dockerfile;
    const lookup = lookupIn(image.config, this.#arguments);
    switch (instruction.keyword) {
      case 'RUN':
        return await this.#run(image, instruction);
      case 'COPY':
      case 'ADD':
        return await this.#copy(image, instruction);
      case 'WORKDIR':
        return await this.#workdir(image, instruction, expand(instruction.value, lookup, escape, instruction));
      case 'ARG':
        for (const { name, value } of instruction.arguments) {
          // Each sees those before it.
          this.#arguments.declare(name, value === undefined ? undefined : expand(value, lookupIn(image.config, this.#arguments), escape, instruction));
        }
        return withHistory(image, instruction);
      case 'MAINTAINER':
        this.#stage.ports.events({
          kind: 'message',
          level: 'warning',
          message: `MAINTAINER is deprecated and changes nothing (${instruction.file}:${instruction.line}): use LABEL`,
        });
        return withHistory(image, instruction);
      default: {
        const config = changeConfig(image.config, instruction, lookup, escape);
        if (instruction.keyword === 'CMD') this.#hasCommand = true;
        const { Cmd: _baseCommand, ...withoutCommand } = config;
        const dropsCommand = instruction.keyword === 'ENTRYPOINT' && !this.#hasCommand;
        return withHistory({ ...image, config: dropsCommand ? withoutCommand : config }, instruction);
      }
    }
  }

  async #run(image: StageImage, instruction: RunInstruction): Promise<StageImage> {
    const { inputs, ports, cache } = this.#stage;
    const account = this.#account(image, instruction);
    const declared = this.#arguments.values();
    const { command, heredocs, network, mounts } = instruction;
    const text = JSON.stringify([command, heredocs]);
    const isKeyed = (name: string) => inputs.volatileArguments?.includes(name) !== true || new RegExp(`\\b${name}\\b`, 'u').test(text);
    const key = cache.key(image.key, [
      ...[
        'RUN',
        command,
        heredocs,
        network,
        mounts,
        command.form === 'shell' ? shellOf(image.config) : [],
        envOf(image.config),
        account,
        workingDirectory(image),
      ],
      ...[Object.entries(declared).filter(([name]) => isKeyed(name)), inputs.ignoredPaths ?? [], ports.layerWriter !== undefined],
    ]);
    const own = runMounts(instruction);
    const surroundings = { ...inputs.surroundings, mounts: [...inputs.surroundings.mounts, ...own] };
    const signal = inputs.signal === undefined ? {} : { signal: inputs.signal };
    return await this.#layer(image, instruction, key, async () => {
      const upper = cache.pendingFolder();
      const request = { instruction, image, account, surroundings, upper, ignoredPaths: inputs.ignoredPaths ?? [] };
      const values = { ...this.#arguments.predefined(), ...declared };
      try {
        const made = await withMountPoints(image, own, { cache, ports, ...signal }, (lowers) =>
          runCommand({ ...request, lowers, arguments: values, ...signal }, ports, async ({ entries, changes }) => {
            if (entries.length === 0) return { changes, folder: undefined, upper };
            const layer = await ports.layerWriter?.write({ parts: [{ kind: 'entries', entries }] });
            return { changes, folder: upper, upper, ...(layer === undefined ? {} : { layer }) };
          }),
        );
        return await keepRun(made, key, this.#stage);
      } catch (error) {
        await ports.workshop.remove(upper);
        throw error;
      }
    });
  }

  async #copy(image: StageImage, instruction: CopyInstruction): Promise<StageImage> {
    const { inputs, ports, cache, context, imageNamed } = this.#stage;
    const { signal, dockerfile } = inputs;
    const lookup = lookupIn(image.config, this.#arguments);
    const from = instruction.from === undefined ? undefined : await imageNamed(expand(instruction.from, lookup, dockerfile.escape, instruction), instruction);
    const entries = await copyEntries(
      { instruction, image, lookup, escape: dockerfile.escape, context, from, ...(signal === undefined ? {} : { signal }) },
      ports,
    );
    const key = cache.key(image.key, [instruction.keyword, await digestEntries(entries, signal), ports.layerWriter !== undefined]);
    return await this.#layer(image, instruction, key, () => makeLayer(entries, key, cache, ports, signal));
  }

  /** A missing folder is made and belongs to the user, as BuildKit has it. */
  async #workdir(image: StageImage, instruction: WorkdirInstruction, value: string): Promise<StageImage> {
    const { ports, cache, inputs } = this.#stage;
    const path = posix.resolve('/', workingDirectory(image), value);
    const changed: StageImage = { ...image, config: { ...image.config, WorkingDir: path } };
    const found = image.index.resolve(path);
    if (found.type === 'file') throw new DockerfileError(instruction, { problem: `WORKDIR "${path}" is a file in the image` });
    if (found.type === 'directory') return withHistory(changed, instruction);
    const { uid, gid } = this.#account(image, instruction);
    const parts = found.path.split('/').slice(1);
    const folders = parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`).filter((folder) => image.index.resolve(folder).type === 'missing');
    const entries = folders.map((folder): LayerTarEntry => ({ path: folder, type: 'directory', mode: 0o755, uid, gid }));
    const key = cache.key(image.key, ['WORKDIR', folders, uid, gid, ports.layerWriter !== undefined]);
    return await this.#layer(changed, instruction, key, () => makeLayer(entries, key, cache, ports, inputs.signal));
  }

  async #layer(image: StageImage, instruction: Instruction, key: string, make: () => Promise<CachedLayer & { readonly layer?: Layer }>): Promise<StageImage> {
    const { ports, cache } = this.#stage;
    const found = findLayer(cache, key, ports);
    const { file, line, source } = instruction;
    ports.events({ kind: 'instruction', file, line, source, cached: found !== undefined });
    return withLayer(image, found ?? (await make()), key, instruction);
  }

  #account(image: StageImage, instruction: Instruction): Account {
    const user = image.config.User ?? '';
    const account = findAccount(image.index, user);
    if (account !== undefined) return account;
    throw new DockerfileError(instruction, {
      code: 'DOCKERFILE_RUN_FAILED',
      problem: `the image has no user "${user}"`,
      nextStep: 'Make the account with a RUN before USER, or use numbers',
    });
  }
}

/** Keeps what a RUN has left, once its root is closed. */
async function keepRun(
  made: CachedLayer & { readonly upper: NonNullable<CachedLayer['folder']>; readonly layer?: Layer },
  key: string,
  { cache, ports }: StageContext,
): Promise<CachedLayer & { readonly layer?: Layer }> {
  const { folder, upper, changes, layer } = made;
  if (folder === undefined) await ports.workshop.remove(upper);
  const tar = layer && { diffId: layer.diffId, sizeBytes: layer.tarSizeBytes ?? 0 };
  const kept = await cache.keep(key, { folder, changes, ...(tar === undefined ? {} : { tar }) });
  // Another build may have been first: its layer counts, tar and folder alike.
  const stored = kept.tar === undefined || kept.tar.diffId === layer?.diffId ? layer : ports.storedLayer?.(kept.tar.diffId, kept.tar.sizeBytes);
  return { ...kept, ...(stored === undefined ? {} : { layer: stored }) };
}

/** What the base image left to do for those who build on it. */
async function parseTriggers(triggers: readonly string[]): Promise<readonly Instruction[]> {
  if (triggers.length === 0) return [];
  const { stages } = await parseDockerfile(`FROM scratch\n${triggers.join('\n')}\n`, 'ONBUILD of the base image');
  return stages[0]!.instructions;
}
