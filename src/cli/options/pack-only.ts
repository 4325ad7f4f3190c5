import { usageError } from '../usage-error.ts';

/** What `tspack build` gets of options that only pack has. */
export interface PackOnlyFlags {
  readonly trustBuilder?: boolean;
  readonly trustExtraBuildpacks?: boolean;
  readonly usernsHost?: boolean;
  readonly interactive?: boolean;
  readonly lifecycleImage?: string;
  readonly dockerHost?: string;
  readonly buildpackRegistry?: string;
}

const IGNORED: Readonly<Partial<Record<keyof PackOnlyFlags, string>>> = {
  trustBuilder: '--trust-builder: buildpacks never see credentials of registries, whoever made the builder',
  trustExtraBuildpacks: '--trust-extra-buildpacks: buildpacks never see credentials of registries, whoever made them',
  usernsHost: '--userns-host: buildpacks run in a user namespace of their own',
  lifecycleImage: '--lifecycle-image: the lifecycle is a part of tspack',
};

/**
 * Warnings about options of pack that change nothing here, so that scripts for pack run. Throws `USAGE` for those whose
 * absence would be noticed.
 */
export function packOnlyWarnings(flags: PackOnlyFlags): readonly string[] {
  if (flags.interactive === true) throw usageError('tspack has no --interactive', 'Leave it out: progress shows on the terminal as it is');
  if (flags.buildpackRegistry !== undefined) {
    throw usageError('tspack has no --buildpack-registry', 'Set TSPACK_BUILDPACK_REGISTRY to a checkout of the registry index');
  }
  if (flags.dockerHost !== undefined && flags.dockerHost !== '' && flags.dockerHost !== 'inherit') {
    throw usageError(
      'tspack has no --docker-host: buildpacks get no access to a daemon',
      'Set DOCKER_HOST to choose the daemon that --output docker writes to',
    );
  }
  const ignored = Object.keys(IGNORED) as (keyof typeof IGNORED)[];
  return ignored.filter((name) => flags[name] !== undefined).map((name) => `Ignoring ${IGNORED[name]}`);
}
