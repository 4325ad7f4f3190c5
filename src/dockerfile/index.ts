/**
 * Dockerfiles: parsed with an existing library, and executed without a daemon and without root. The base images, the
 * network and the root that commands run in come through ports; it knows nothing of buildpacks, registries or sandboxes.
 *
 * ```ts
 * const dockerfile = await parseDockerfile(text, 'run.Dockerfile');
 * const base = await openBase({ key: image.imageId, config, platform, layers }, ports);
 * const { config, added } = await executeDockerfile({ dockerfile, context, ... }, { ...ports, base: () => Promise.resolve(base) });
 * ```
 *
 * https://docs.docker.com/reference/dockerfile/
 *
 * @packageDocumentation
 */
export { parseDockerfile } from './parse-dockerfile.ts';
export type { Dockerfile, FromInstruction, Instruction, Stage } from './instruction.ts';
export { DockerfileError } from './dockerfile-error.ts';
export type { DockerfileErrorCode, DockerfilePlace } from './dockerfile-error.ts';
export { executeDockerfile } from './execute-dockerfile.ts';
export type { DockerfileInputs } from './dockerfile-inputs.ts';
export { openBase } from './open-base.ts';
export { findAccount } from './accounts.ts';
export type { Account } from './accounts.ts';
export { InstructionCache } from './instruction-cache.ts';
export type { AppliedLayer, BaseImage, DockerfileEvent, DockerfilePorts, InstructionCachePlace, RunSurroundings, StageImage } from './ports.ts';
export type { DockerContainerConfig } from './container-config.ts';
export { envOf } from './container-config.ts';
