/**
 * Running an image in a sandbox, for `tspack run` where no container runtime is: unpacked layers, the writable
 * root over them, ports, and stopping. It knows an executor only by its port, and nothing of registries, stores
 * or the terminal.
 *
 * ```ts
 * const { code } = await runImage({ image, executor, cacheDirectory, overlay: true, ports: [{ hostAddress: '127.0.0.1', hostPort: 8080, containerPort: 8080 }], ... });
 * ```
 *
 * @packageDocumentation
 */
export { runImage } from './run-image.ts';
export type { RunImageOptions } from './run-image.ts';
export type { PublishedPort } from './plan-ports.ts';
export type { RunEvent } from './events.ts';
