import type { GeneratedDockerfile } from './read-outputs.ts';

/** What the run.Dockerfiles make of the run image. */
export interface RunImageChoice {
  /** The image that the last one to name one starts from. */
  readonly newBase?: string;
  /** That one, or one after it, has instructions to execute. */
  readonly extend: boolean;
  /** All Dockerfiles; the replaced ones are marked. */
  readonly dockerfiles: readonly GeneratedDockerfile[];
}

/** The last run.Dockerfile that starts from another image decides; those before it have no effect (CNB.md C074). */
export function chooseRunImage(dockerfiles: readonly GeneratedDockerfile[]): RunImageChoice {
  const last = dockerfiles.findLastIndex(({ newBase }) => newBase !== undefined);
  const marked = dockerfiles.map((dockerfile, index) => (dockerfile.kind === 'run' && index < last ? { ...dockerfile, ignored: true } : dockerfile));
  const newBase = dockerfiles[last]?.newBase;
  return {
    ...(newBase === undefined ? {} : { newBase }),
    extend: marked.some(({ kind, ignored, extends: extendsImage }) => kind === 'run' && !ignored && extendsImage),
    dockerfiles: marked,
  };
}
