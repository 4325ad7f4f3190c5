import type { SettingChange, SettingDescription } from '../configuration/index.ts';
import type {
  BuildOptions,
  BuildResult,
  BuilderDescription,
  BuilderSummary,
  DoctorFinding,
  ImageDescription,
  ImageLocation,
  PackageChange,
  RebaseOptions,
  RebaseResult,
  RunExit,
  RunOptions,
  Task,
  UpdateOptions,
} from './api.ts';
import type { CacheVerbs } from './caches/api.ts';
import type { DeploymentOptions } from './deployment.ts';
import type { ImageVerbs } from './local-images/api.ts';
import type { Making } from './making/api.ts';
import type { PlannedBuild } from './plan/api.ts';
import type { MergedSbomRequest } from './sbom/download-merged-sbom.ts';
import type { LayerExplanation, WhyRequest } from './why/api.ts';

/** A setting that there is, with its value when it has one. */
export interface SettingState extends SettingDescription {
  /** Empty: it is not set. */
  readonly values: readonly string[];
  /** The file or the variable that the values are from. */
  readonly origin?: string;
}

/** Everything the command line does. */
export interface Tspack extends Making, ImageVerbs, CacheVerbs {
  build(options: BuildOptions, task: Task): Promise<BuildResult>;
  /** What a build with these options would do. */
  plan(options: BuildOptions, task: Task): Promise<PlannedBuild>;
  /** Why a layer of an image is what it is. Throws `RECORD_MISSING`, `LAYER_UNKNOWN` and what finding images throws. */
  why(request: WhyRequest, task: Task): Promise<LayerExplanation>;
  run(options: RunOptions, task: Task): Promise<RunExit>;
  rebase(options: RebaseOptions, task: Task): Promise<RebaseResult>;
  inspectImage(location: ImageLocation, task: Task): Promise<ImageDescription>;
  /** Writes `layers/sbom/launch/...` below the folder, as pack does; returns the files. */
  downloadSbom(location: ImageLocation, directory: string, task: Task): Promise<readonly string[]>;
  /** Writes one document of everything in the image for each format; returns the files. */
  downloadMergedSbom(location: ImageLocation, request: MergedSbomRequest, task: Task): Promise<readonly string[]>;
  builders(): readonly BuilderSummary[];
  /** A bundled builder by name, else an image. */
  inspectBuilder(location: ImageLocation, task: Task): Promise<BuilderDescription>;
  updateBuilder(options: UpdateOptions, task: Task): Promise<readonly PackageChange[]>;
  /** The manifests that let a Kubernetes cluster build with tspack, as one YAML text. */
  deployment(options: DeploymentOptions, task: Task): Promise<string>;
  /** What works on this machine; with `verify` also whether every file of the data folder is what its name says. */
  doctor(options: { readonly verify: boolean }, task: Task): Promise<readonly DoctorFinding[]>;
  /** All settings there are. Throws `SETTINGS_UNUSABLE`, `TOML_INVALID`. */
  settings(): readonly SettingState[];
  /** Changes a setting in the user's file, and returns the file. Throws `SETTING_UNKNOWN`, `SETTINGS_UNUSABLE`. */
  changeSetting(name: string, change: SettingChange): string;
}
