import { TspackError } from '../foundation/index.ts';
import { samePlatform } from '../oci/index.ts';
import { requireSourceFolder } from '../source/index.ts';
import { mergeSettings } from './build-settings.ts';
import { requireOutputPlaces, requireResultFiles, requireResultFolders } from './output-places.ts';
import { readProject } from './read-project.ts';
import { volumeMounts } from './volume-mounts.ts';
import type { ImagePlatform } from '../oci/index.ts';
import type { LocalBuildOptions, Task } from './api.ts';
import type { BuildSettings } from './build-settings.ts';
import type { BuildPorts } from './ports.ts';

/**
 * Reads project.toml and settles what is to be built, before anything costs time. Throws what {@link mergeSettings} and
 * {@link readProject} throw, `SOURCE_NOT_FOUND`, `SOURCE_NOT_DIRECTORY`, `VOLUME_TARGET_INVALID`, `VOLUME_SOURCE_MISSING`,
 * `OUTPUT_UNUSABLE`, `PLATFORM_FOREIGN`.
 */
export function planBuild(options: LocalBuildOptions, { events }: Task, { hostPlatform }: BuildPorts): BuildSettings {
  requireSourceFolder(options.path);
  const project = readProject(options);
  const { settings, warnings } = mergeSettings(options, project, hostPlatform);
  if (project !== undefined) events({ kind: 'message', level: 'debug', message: `Using the project descriptor ${project.file}` });
  for (const message of warnings) events({ kind: 'message', level: 'warning', message });
  requireOwnPlatform(settings.platform, hostPlatform);
  volumeMounts(settings.volumes, settings.workspace, []);
  requireOutputPlaces(settings.outputs);
  requireResultFiles(settings.resultFiles ?? {});
  requireResultFolders([
    settings.resultFiles?.tektonResults,
    settings.reportDirectory,
    settings.sbomDirectory,
    settings.cache.kind === 'bind' ? settings.cache.directory : undefined,
  ]);
  return settings;
}

/** Buildpacks are programs: they run where their machine code does. A variant is a promise about the same code. */
function requireOwnPlatform(wanted: ImagePlatform, host: ImagePlatform): void {
  const { os, architecture } = wanted;
  if (samePlatform({ os, architecture }, { os: host.os, architecture: host.architecture })) return;
  throw new TspackError({
    code: 'PLATFORM_FOREIGN',
    message: `Cannot run buildpacks for ${os}/${architecture} on ${host.os}/${host.architecture}`,
    nextStep: `Build on a machine with ${os}/${architecture}, or leave --platform out`,
  });
}
