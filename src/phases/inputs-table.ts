import type { PhaseName } from './phase-names.ts';

/** The first Platform API in which each phase has a flag. */
type Since = Partial<Readonly<Record<PhaseName, string>>>;

interface InputRow {
  /** `path` is made absolute; `list` may be given several times, and its variable is separated by commas; `milliseconds` is written as `336h` or `1h30m`. */
  readonly kind: 'text' | 'path' | 'boolean' | 'integer' | 'list' | 'milliseconds';
  readonly flag?: string;
  readonly env?: string;
  /** `<layers>` stands for the folder of layers. */
  readonly fallback?: string;
  readonly phases?: Since;
  /** The first Platform API that no longer has the flag. */
  readonly until?: Partial<Readonly<Record<PhaseName, string>>>;
  readonly help?: string;
}

const FIRST = '0.7';
const EVERY: Since = {
  analyzer: FIRST,
  detector: FIRST,
  restorer: FIRST,
  extender: FIRST,
  builder: FIRST,
  exporter: FIRST,
  creator: FIRST,
  rebaser: FIRST,
};
const USERS: Since = { analyzer: FIRST, restorer: FIRST, extender: FIRST, exporter: FIRST, creator: FIRST, rebaser: FIRST };
const INSECURE: Since = { analyzer: '0.13', restorer: '0.13', exporter: '0.13', creator: '0.13', rebaser: '0.13' };
const LAYOUT: Since = { analyzer: '0.12', restorer: '0.12', exporter: '0.12', creator: '0.12' };

/** What platforms tell the phases (platform.md, the tables of inputs; CNB.md §0): a flag wins over its variable, which wins over the fallback. */
export const INPUTS = {
  analyzed: {
    kind: 'path',
    flag: 'analyzed',
    env: 'CNB_ANALYZED_PATH',
    fallback: '<layers>/analyzed.toml',
    phases: { analyzer: FIRST, detector: '0.10', restorer: FIRST, extender: '0.10', builder: '0.12', exporter: FIRST },
    help: 'path to analyzed.toml',
  },
  app: {
    kind: 'path',
    flag: 'app',
    env: 'CNB_APP_DIR',
    fallback: '/workspace',
    phases: { detector: FIRST, extender: FIRST, builder: FIRST, exporter: FIRST, creator: FIRST },
    help: 'path to the application',
  },
  buildConfig: {
    kind: 'path',
    flag: 'build-config',
    env: 'CNB_BUILD_CONFIG_DIR',
    fallback: '/cnb/build-config',
    phases: { detector: '0.11', extender: '0.11', builder: '0.11', creator: '0.11' },
    help: "path to the operator's environment",
  },
  buildImage: { kind: 'text', flag: 'build-image', env: 'CNB_BUILD_IMAGE', phases: { restorer: '0.10' }, help: 'reference to the build image' },
  buildpacks: {
    kind: 'path',
    flag: 'buildpacks',
    env: 'CNB_BUILDPACKS_DIR',
    fallback: '/cnb/buildpacks',
    phases: { detector: FIRST, extender: FIRST, builder: FIRST, creator: FIRST },
    help: 'path to the buildpacks',
  },
  cacheDir: {
    kind: 'path',
    flag: 'cache-dir',
    env: 'CNB_CACHE_DIR',
    phases: { restorer: FIRST, exporter: FIRST, creator: FIRST },
    help: 'path to the cache',
  },
  cacheImage: {
    kind: 'text',
    flag: 'cache-image',
    env: 'CNB_CACHE_IMAGE',
    phases: { analyzer: FIRST, restorer: FIRST, exporter: FIRST, creator: FIRST },
    help: 'reference to the cache image',
  },
  daemon: {
    kind: 'boolean',
    flag: 'daemon',
    env: 'CNB_USE_DAEMON',
    phases: { analyzer: FIRST, restorer: '0.12', exporter: FIRST, creator: FIRST, rebaser: FIRST },
    help: 'read and write images in the Docker daemon',
  },
  execEnv: { kind: 'text', env: 'CNB_EXEC_ENV', fallback: 'production' },
  extended: {
    kind: 'path',
    flag: 'extended',
    env: 'CNB_EXTENDED_DIR',
    fallback: '<layers>/extended',
    phases: { extender: '0.12', exporter: '0.12' },
    help: 'path to the layers of extended images',
  },
  extensions: {
    kind: 'path',
    flag: 'extensions',
    env: 'CNB_EXTENSIONS_DIR',
    fallback: '/cnb/extensions',
    phases: { detector: '0.10' },
    help: 'path to the image extensions',
  },
  force: { kind: 'boolean', flag: 'force', env: 'CNB_FORCE_REBASE', phases: { rebaser: '0.12' }, help: 'rebase even where that is not safe' },
  generated: {
    kind: 'path',
    flag: 'generated',
    env: 'CNB_GENERATED_DIR',
    fallback: '<layers>/generated',
    phases: { detector: '0.10', restorer: '0.12', extender: '0.10' },
    help: 'path to what image extensions generate',
  },
  gid: { kind: 'integer', flag: 'gid', env: 'CNB_GROUP_ID', phases: USERS, help: 'group id of the user of the images' },
  group: {
    kind: 'path',
    flag: 'group',
    env: 'CNB_GROUP_PATH',
    fallback: '<layers>/group.toml',
    phases: { detector: FIRST, restorer: FIRST, extender: FIRST, builder: FIRST, exporter: FIRST },
    help: 'path to group.toml',
  },
  deprecatedRunImage: { kind: 'text', flag: 'image', phases: { exporter: FIRST, rebaser: FIRST }, help: 'deprecated, the reference to the run image' },
  insecureRegistries: {
    kind: 'list',
    flag: 'insecure-registry',
    env: 'CNB_INSECURE_REGISTRIES',
    phases: INSECURE,
    help: 'a registry that may speak plain HTTP',
  },
  kanikoCacheTtl: {
    kind: 'milliseconds',
    flag: 'kaniko-cache-ttl',
    env: 'CNB_KANIKO_CACHE_TTL',
    fallback: '336h',
    phases: { extender: '0.10' },
    help: 'how long cached layers of extensions are used',
  },
  kind: { kind: 'text', flag: 'kind', env: 'CNB_EXTEND_KIND', fallback: 'build', phases: { extender: '0.12' }, help: 'which image to extend, build or run' },
  launchCache: {
    kind: 'path',
    flag: 'launch-cache',
    env: 'CNB_LAUNCH_CACHE_DIR',
    phases: { analyzer: '0.9', exporter: FIRST, creator: FIRST },
    help: 'path to the cache of launch layers',
  },
  launcher: {
    kind: 'path',
    flag: 'launcher',
    fallback: '/cnb/lifecycle/launcher',
    phases: { exporter: FIRST, creator: FIRST },
    help: 'path to the launcher',
  },
  launcherSbom: {
    kind: 'path',
    flag: 'launcher-sbom',
    fallback: '/cnb/lifecycle',
    phases: { exporter: '0.11', creator: '0.11' },
    help: 'path to the SBOM files of launcher and lifecycle',
  },
  layers: {
    kind: 'path',
    flag: 'layers',
    env: 'CNB_LAYERS_DIR',
    fallback: '/layers',
    phases: { analyzer: FIRST, detector: FIRST, restorer: FIRST, extender: FIRST, builder: FIRST, exporter: FIRST, creator: FIRST },
    help: 'path to the layers',
  },
  layout: { kind: 'boolean', flag: 'layout', env: 'CNB_USE_LAYOUT', phases: LAYOUT, help: 'read and write images in OCI layouts' },
  layoutDir: { kind: 'path', flag: 'layout-dir', env: 'CNB_LAYOUT_DIR', phases: LAYOUT, help: 'path to the OCI layouts' },
  logLevel: { kind: 'text', flag: 'log-level', env: 'CNB_LOG_LEVEL', fallback: 'info', phases: EVERY, help: 'debug, info, warn or error' },
  noColor: { kind: 'boolean', flag: 'no-color', env: 'CNB_NO_COLOR', phases: EVERY, help: 'print no colors' },
  order: {
    kind: 'path',
    flag: 'order',
    env: 'CNB_ORDER_PATH',
    fallback: '<layers>/order.toml',
    phases: { detector: FIRST, creator: FIRST },
    help: 'path to order.toml; /cnb/order.toml where the layers have none',
  },
  parallel: {
    kind: 'boolean',
    flag: 'parallel',
    env: 'CNB_PARALLEL_EXPORT',
    phases: { exporter: FIRST, creator: FIRST },
    help: 'write image and cache at the same time',
  },
  plan: {
    kind: 'path',
    flag: 'plan',
    env: 'CNB_PLAN_PATH',
    fallback: '<layers>/plan.toml',
    phases: { detector: FIRST, extender: FIRST, builder: FIRST },
    help: 'path to plan.toml',
  },
  platform: {
    kind: 'path',
    flag: 'platform',
    env: 'CNB_PLATFORM_DIR',
    fallback: '/platform',
    phases: { detector: FIRST, extender: FIRST, builder: FIRST, creator: FIRST },
    help: "path to the platform's folder",
  },
  previousImage: {
    kind: 'text',
    flag: 'previous-image',
    env: 'CNB_PREVIOUS_IMAGE',
    phases: { analyzer: FIRST, creator: FIRST, rebaser: '0.11' },
    help: 'reference to the previous image',
  },
  processType: { kind: 'text', flag: 'process-type', env: 'CNB_PROCESS_TYPE', phases: { exporter: FIRST, creator: FIRST }, help: 'the default process' },
  projectMetadata: {
    kind: 'path',
    flag: 'project-metadata',
    env: 'CNB_PROJECT_METADATA_PATH',
    fallback: '<layers>/project-metadata.toml',
    phases: { exporter: FIRST, creator: FIRST },
    help: 'path to project-metadata.toml',
  },
  report: {
    kind: 'path',
    flag: 'report',
    env: 'CNB_REPORT_PATH',
    fallback: '<layers>/report.toml',
    phases: { exporter: FIRST, creator: FIRST, rebaser: FIRST },
    help: 'path to report.toml',
  },
  run: {
    kind: 'path',
    flag: 'run',
    env: 'CNB_RUN_PATH',
    fallback: '/cnb/run.toml',
    phases: { analyzer: '0.12', detector: '0.12', restorer: '0.14', exporter: '0.12', creator: '0.12' },
    help: 'path to run.toml',
  },
  runImage: {
    kind: 'text',
    flag: 'run-image',
    env: 'CNB_RUN_IMAGE',
    phases: { analyzer: FIRST, exporter: FIRST, creator: FIRST, rebaser: FIRST },
    help: 'reference to the run image',
  },
  skipLayers: {
    kind: 'boolean',
    flag: 'skip-layers',
    env: 'CNB_SKIP_LAYERS',
    phases: { analyzer: '0.9', restorer: FIRST },
    help: 'do not restore layers',
  },
  skipRestore: { kind: 'boolean', flag: 'skip-restore', env: 'CNB_SKIP_RESTORE', phases: { creator: FIRST }, help: 'do not restore layers' },
  stack: {
    kind: 'path',
    flag: 'stack',
    env: 'CNB_STACK_PATH',
    fallback: '/cnb/stack.toml',
    phases: { analyzer: FIRST, exporter: FIRST, creator: FIRST },
    until: { analyzer: '0.12', exporter: '0.12' },
    help: 'path to stack.toml',
  },
  system: {
    kind: 'path',
    flag: 'system',
    env: 'CNB_SYSTEM_PATH',
    fallback: '/cnb/system.toml',
    phases: { detector: '0.15', creator: '0.15' },
    help: 'path to system.toml',
  },
  tags: { kind: 'list', flag: 'tag', phases: { analyzer: FIRST, creator: FIRST }, help: 'a further name of the image' },
  uid: { kind: 'integer', flag: 'uid', env: 'CNB_USER_ID', phases: USERS, help: 'user id of the user of the images' },
  version: { kind: 'boolean', flag: 'version', phases: EVERY, help: 'print the version' },
} as const satisfies Readonly<Record<string, InputRow>>;

export type InputName = keyof typeof INPUTS;

interface ValueOf {
  readonly boolean: boolean;
  readonly integer: number | undefined;
  readonly list: readonly string[];
  readonly milliseconds: number;
  readonly path: string;
  readonly text: string;
}

/** What was given to a phase. A text or path that nobody gave and that has no fallback is empty. */
export type Inputs = { readonly [Name in InputName]: ValueOf[(typeof INPUTS)[Name]['kind']] };

/** One row, whatever it is. */
export function inputRow(name: InputName): InputRow {
  return INPUTS[name];
}

export const INPUT_NAMES = Object.keys(INPUTS) as readonly InputName[];
