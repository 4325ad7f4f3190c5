import { isForExecEnv } from '../cnb/index.ts';
import { TspackError } from '../foundation/index.ts';
import { parseExecEnv, parsePlatform, parseWorkspace, requireTime, userId } from './build-option-values.ts';
import { imageNames } from './image-names.ts';
import { absoluteImagePlace } from './images/image-place.ts';
import { DEFAULT_PULL_POLICY, parsePullPolicy } from './pull-policy.ts';
import { selectModules } from './select-modules.ts';
import type { SandboxPath } from '../executor/index.ts';
import type { ImagePlatform, ImageReference } from '../oci/index.ts';
import type { SourceFilter } from '../source/index.ts';
import type { BuildOptions, LocalBuildOptions } from './api.ts';
import type { ModuleSelection } from './ports.ts';
import type { PullPolicy } from './pull-policy.ts';
import type { Project } from './read-project.ts';

/** What is the same in the options and in what they are merged to. */
type AsAsked = Pick<
  LocalBuildOptions,
  | 'image'
  | 'path'
  | 'origin'
  | 'volumes'
  | 'outputs'
  | 'network'
  | 'executor'
  | 'clearCache'
  | 'frozen'
  | 'defaultProcess'
  | 'insecureRegistries'
  | 'runImage'
  | 'previousImage'
  | 'creationTime'
  | 'reportDirectory'
  | 'sbomDirectory'
  | 'resultFiles'
>;

/** Options, project.toml and defaults in one value: what every step of a build reads. */
export interface BuildSettings extends AsAsked {
  /** The name of the image, then its tags. */
  readonly names: readonly [ImageReference, ...ImageReference[]];
  readonly builder: string;
  readonly modules: ModuleSelection;
  readonly env: Readonly<Record<string, string>>;
  readonly source: SourceFilter;
  /** Where the project says that its source comes from; a member is absent where it does not say. */
  readonly declaredSource: { readonly version?: string; readonly url?: string };
  readonly cache: NonNullable<BuildOptions['cache']>;
  /** Absolute. */
  readonly workspace: SandboxPath;
  readonly execEnv: string;
  /** What the builder's user is not to be. */
  readonly user: { readonly uid?: number; readonly gid?: number };
  readonly pullPolicy: PullPolicy;
  readonly platform: ImagePlatform;
  /** As the user wrote them. */
  readonly tags: readonly string[];
  readonly sparse: boolean;
  /** Whether the builder's system buildpacks take part. */
  readonly systemBuildpacks: boolean;
}

export interface MergedSettings {
  readonly settings: BuildSettings;
  /** Sentences about what was ignored. */
  readonly warnings: readonly string[];
}

/**
 * Merges what the user asks for with project.toml: options win (CNB.md C201-C203). Nothing is read here. Throws
 * `BUILDER_MISSING`, `BUILD_OPTION_INVALID`, `IMAGE_REFERENCE_INVALID`, `PULL_POLICY_INVALID`, `TAG_REGISTRY_DIFFERENT`.
 */
export function mergeSettings(options: LocalBuildOptions, project: Project | undefined, hostPlatform: ImagePlatform): MergedSettings {
  const descriptor = project?.descriptor;
  const builder = builderOf(options, project);
  const execEnv = parseExecEnv(options.execEnv);
  const names = imageNames(options, builder);
  const { modules, warnings } = selectModules(options, project, execEnv);
  const { version, sourceUrl } = descriptor ?? {};
  requireTime(options.creationTime);
  return {
    settings: {
      ...options,
      names,
      insecureRegistries: options.insecure === true ? [...options.insecureRegistries, names[0].registry] : options.insecureRegistries,
      builder,
      ...places(options),
      modules,
      env: { ...projectEnv(project, execEnv), ...options.env },
      source: filterOf(project),
      declaredSource: { ...(version === undefined ? {} : { version }), ...(sourceUrl === undefined ? {} : { url: sourceUrl }) },
      cache: options.cache ?? { kind: 'volume' },
      workspace: parseWorkspace(options.workspace),
      execEnv,
      user: { ...userId('uid', options.uid), ...userId('gid', options.gid) },
      pullPolicy: options.pullPolicy === undefined ? DEFAULT_PULL_POLICY : parsePullPolicy(options.pullPolicy),
      platform: options.platform === undefined ? hostPlatform : parsePlatform(options.platform),
      tags: options.tags ?? [],
      sparse: options.sparse ?? false,
      systemBuildpacks: options.systemBuildpacks ?? true,
    },
    warnings: [...(descriptor?.warnings ?? []), ...warnings],
  };
}

/** Paths of the file start where it lies, those of options where the user is. */
function builderOf(options: LocalBuildOptions, project: Project | undefined): string {
  const own = project?.descriptor.builder;
  const [text, directory] =
    options.builder === undefined && own !== undefined && own !== '' ? [own, project?.directory] : [options.builder ?? options.defaultBuilder, baseOf(options)];
  if (text === undefined || text === '') throw builderMissing(project);
  return absoluteImagePlace(text, directory ?? options.path);
}

function places(options: LocalBuildOptions): Pick<BuildOptions, 'runImage' | 'previousImage'> {
  const { runImage, previousImage } = options;
  return {
    ...(runImage === undefined ? {} : { runImage: absoluteImagePlace(runImage, baseOf(options)) }),
    ...(previousImage === undefined ? {} : { previousImage: absoluteImagePlace(previousImage, baseOf(options)) }),
  };
}

const baseOf = ({ baseDirectory, path }: LocalBuildOptions): string => baseDirectory ?? path;

function projectEnv(project: Project | undefined, execEnv: string): Readonly<Record<string, string>> {
  const variables = project?.descriptor.env ?? [];
  return Object.fromEntries(variables.filter((variable) => isForExecEnv(variable.execEnv, execEnv)).map(({ name, value }) => [name, value]));
}

/** An empty list filters nothing, as in pack. */
function filterOf(project: Project | undefined): SourceFilter {
  const { include = [], exclude = [] } = project?.descriptor ?? {};
  return { ...(include.length === 0 ? {} : { include }), ...(exclude.length === 0 ? {} : { exclude }) };
}

function builderMissing(project: Project | undefined): TspackError {
  return new TspackError({
    code: 'BUILDER_MISSING',
    message: project === undefined ? 'No builder is chosen' : `No builder is chosen: ${project.file} names none either`,
    nextStep: 'Name one with --builder or tspack config default-builder; "tspack builder suggest" lists those that come with tspack',
  });
}
