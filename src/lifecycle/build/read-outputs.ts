import { SpecFileError, formatBuildpackReference, parseBuildToml, parseLaunchToml } from '../../cnb/index.ts';
import type { BuildToml, BuildpackDescriptor, BuildpackPlan, LaunchToml } from '../../cnb/index.ts';
import { readLayersText } from '../read-layers-file.ts';
import type { BuildpackLayers } from './read-layers.ts';

/** What a buildpack wrote besides layers. */
export interface BuildpackOutputs {
  readonly launch: LaunchToml;
  readonly build: BuildToml;
  /** Names of plan entries that the buildpack met. */
  readonly met: readonly string[];
  readonly warnings: readonly string[];
}

const NO_LAUNCH: LaunchToml = { labels: [], processes: [], slices: [], bom: [], warnings: [] };
const NO_BUILD: BuildToml = { unmet: [], bom: [] };

/**
 * Reads launch.toml and build.toml of a buildpack; absent files are empty ones. Entries of its plan that build.toml
 * does not call unmet are met (C102). Throws `TOML_INVALID` or `SPEC_FILE_INVALID`.
 */
export function readOutputs(at: BuildpackLayers, descriptor: BuildpackDescriptor, plan: BuildpackPlan): BuildpackOutputs {
  const launchText = readLayersText(at.layers, at.layersPath, `${at.folder}/launch.toml`);
  const launch = launchText === undefined ? NO_LAUNCH : parseLaunchToml(launchText, `${at.sandboxPath}/launch.toml`, descriptor.api);
  const buildFile = `${at.sandboxPath}/build.toml`;
  const buildText = readLayersText(at.layers, at.layersPath, `${at.folder}/build.toml`);
  const build = buildText === undefined ? NO_BUILD : parseBuildToml(buildText, buildFile);
  const given = plan.entries.map(({ name }) => name);
  const unknown = build.unmet.filter((name) => !given.includes(name));
  if (unknown.length > 0) {
    throw new SpecFileError(
      buildFile,
      unknown.map((name) => ({ keyPath: 'unmet', problem: `"${name}" is not in the plan that the buildpack was given` })),
    );
  }
  const hasBom = launch.bom.length + build.bom.length > 0;
  return {
    launch,
    build,
    met: given.filter((name) => !build.unmet.includes(name)),
    warnings: hasBom ? [`Buildpack ${formatBuildpackReference(descriptor)} writes the deprecated [[bom]]; SBOM files replace it`] : [],
  };
}
