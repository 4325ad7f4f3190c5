import { DockerfileError } from './dockerfile-error.ts';
import { InstructionCache } from './instruction-cache.ts';
import { openBase } from './open-base.ts';
import { openContext } from './source-tree.ts';
import { StageBuilder } from './stage-builder.ts';
import { expand, globalArguments } from './variables.ts';
import type { DockerfilePlace } from './dockerfile-error.ts';
import type { DockerfileInputs } from './dockerfile-inputs.ts';
import type { DockerfilePorts, StageImage } from './ports.ts';
import type { SourceTree } from './source-tree.ts';

/**
 * Executes a Dockerfile, one layer an instruction that changes files, each made once for the same base, instruction,
 * variables and copied content (Dockerfile reference).
 *
 * Throws `DOCKERFILE_INVALID`, `DOCKERFILE_UNSUPPORTED`, `DOCKERFILE_COPY_FAILED`, `DOCKERFILE_RUN_FAILED`,
 * `ROOT_PATH_INVALID`, what the ports throw, and the abort reason. What was finished before stays in the cache.
 */
export async function executeDockerfile(inputs: DockerfileInputs, ports: DockerfilePorts): Promise<StageImage> {
  const build = new DockerfileBuild(inputs, ports);
  return await build.stage(build.targetIndex());
}

class DockerfileBuild {
  readonly #inputs: DockerfileInputs;
  readonly #ports: DockerfilePorts;
  readonly #cache: InstructionCache;
  readonly #global: ReadonlyMap<string, string>;
  readonly #stages = new Map<number, Promise<StageImage>>();
  #context: SourceTree | undefined;

  constructor(inputs: DockerfileInputs, ports: DockerfilePorts) {
    const { dockerfile, buildArguments, platform } = inputs;
    this.#inputs = inputs;
    this.#ports = ports;
    this.#cache = new InstructionCache(ports.cache, ports.workshop);
    this.#global = globalArguments(dockerfile.globalArguments, buildArguments, platform, dockerfile.escape);
  }

  targetIndex(): number {
    const { dockerfile, target } = this.#inputs;
    if (target === undefined) return dockerfile.stages.length - 1;
    const index = this.#stageNamed(target, dockerfile.stages.length);
    if (index !== undefined) return index;
    throw new DockerfileError(
      { file: dockerfile.file, line: 1 },
      { problem: `it has no stage "${target}"`, nextStep: `Use one of ${this.#stageNames().join(', ')}` },
    );
  }

  /** Builds a stage once, and those that it needs before it. */
  stage(index: number): Promise<StageImage> {
    const known = this.#stages.get(index);
    if (known !== undefined) return known;
    const made = this.#build(index);
    this.#stages.set(index, made);
    return made;
  }

  async #build(index: number): Promise<StageImage> {
    const { dockerfile, signal } = this.#inputs;
    const { from, instructions } = dockerfile.stages[index]!;
    const name = expand(from.image, (variable) => this.#global.get(variable), dockerfile.escape, from);
    if (name === '')
      throw new DockerfileError(from, { problem: `FROM names no image: "${from.image}" is empty`, nextStep: 'Give the argument a value or a default' });
    signal?.throwIfAborted();
    const base = await this.#image(name, index, from);
    const builder = new StageBuilder({
      inputs: this.#inputs,
      ports: this.#ports,
      cache: this.#cache,
      globals: this.#global,
      context: () => (this.#context ??= openContext(this.#inputs.context, this.#inputs.dockerfilePath)),
      imageNamed: (other, place) => this.#image(other, index, place),
    });
    return await builder.build(base, instructions);
  }

  /** An earlier stage, nothing at all, or an image from elsewhere. */
  async #image(name: string, before: number, place: DockerfilePlace): Promise<StageImage> {
    const stage = this.#stageNamed(name, before);
    if (stage !== undefined) return await this.stage(stage);
    if (name.toLowerCase() === 'scratch') {
      return await openBase({ key: 'scratch', config: {}, platform: this.#inputs.platform, layers: [] }, this.#ports, this.#inputs.signal);
    }
    return await this.#ports.base(name, place);
  }

  /** By name or number, among the first `before` stages; of equal names the last wins. */
  #stageNamed(name: string, before: number): number | undefined {
    const names = this.#inputs.dockerfile.stages.slice(0, before).map(({ from }) => from.name);
    const index = names.lastIndexOf(name.toLowerCase());
    if (index >= 0) return index;
    return /^\d+$/u.test(name) && Number(name) < before ? Number(name) : undefined;
  }

  #stageNames(): readonly string[] {
    return this.#inputs.dockerfile.stages.map(({ from }, index) => from.name ?? String(index));
  }
}
