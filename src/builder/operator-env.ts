import type { BuilderDefinition } from './builder-file.ts';

const SHELLS = ['bash', 'busybox', 'dash'];

/** What a builder tells its buildpacks in variables: `TSPACK_RUN_IMAGE_SHELL=false` where no program of the run image can be a script. */
export function operatorEnv({ runImage }: BuilderDefinition): Readonly<Record<string, string>> {
  return runImage === undefined || runImage.packages.some((name) => SHELLS.includes(name)) ? {} : { TSPACK_RUN_IMAGE_SHELL: 'false' };
}
