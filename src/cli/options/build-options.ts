import { resolve } from 'node:path';
import type { BuildOptions, ResultFiles } from '../../index.ts';
import type { CommandContext } from '../context.ts';
import { usageError } from '../usage-error.ts';
import { parseCaches } from './cache.ts';
import { parseCreationTime } from './creation-time.ts';
import { collectEnv } from './env.ts';
import { parseNetwork } from './network.ts';
import { parseOutput } from './output.ts';
import { packOnlyWarnings } from './pack-only.ts';
import type { PackOnlyFlags } from './pack-only.ts';
import { parseTektonResults } from './tekton-results.ts';
import { parseUserId } from './user-id.ts';
import { parseVolume } from './volume.ts';

/** The flags that `tspack build` and `tspack plan` share. */
export interface BuildFlags extends PackOnlyFlags {
  readonly path: string;
  readonly descriptor?: string;
  readonly builder?: string;
  readonly runImage?: string;
  readonly pullPolicy?: string;
  readonly platform?: string;
  readonly buildpack?: readonly string[];
  readonly preBuildpack?: readonly string[];
  readonly postBuildpack?: readonly string[];
  readonly extension?: readonly string[];
  readonly disableSystemBuildpacks?: boolean;
  readonly output?: readonly string[];
  readonly publish?: boolean;
  readonly tag?: readonly string[];
  readonly defaultProcess?: string;
  readonly creationTime?: string;
  readonly previousImage?: string;
  readonly reportOutputDir?: string;
  readonly sbomOutputDir?: string;
  readonly digestFile?: string;
  readonly imageNameWithDigestFile?: string;
  readonly iidfile?: string;
  readonly metadataFile?: string;
  readonly tektonResults?: string | true;
  readonly summaryFile?: string;
  readonly sparse?: boolean;
  readonly app?: string;
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  readonly execEnv: string;
  readonly volume?: readonly string[];
  readonly workspace?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly network: string;
  readonly executor: 'auto' | 'sandbox' | 'container';
  readonly cache?: readonly string[];
  readonly cacheImage?: string;
  readonly cacheFrom?: string;
  readonly clearCache?: boolean;
  readonly frozen?: boolean;
  readonly insecureRegistry?: readonly string[];
  readonly insecure?: boolean;
}

/** What a command line asks of a build. */
interface ReadOptions {
  readonly options: BuildOptions;
  readonly warnings: readonly string[];
}

/** The options of `tspack build` and `tspack plan`, and warnings about what has no meaning here. Throws `USAGE`. */
export function readBuildOptions(image: string, flags: BuildFlags, context: CommandContext): ReadOptions {
  const inWorkingDirectory = (path: string) => resolve(context.workingDirectory, path);
  const caches = parseCaches(flags, inWorkingDirectory);
  const { network, warnings } = parseNetwork(flags.network);
  const options = present<BuildOptions>({
    image,
    path: flags.path === '-' ? standardInput(context) : flags.path,
    baseDirectory: context.workingDirectory,
    descriptor: optional(flags.descriptor, inWorkingDirectory),
    builder: flags.builder,
    runImage: flags.runImage,
    previousImage: flags.previousImage,
    pullPolicy: flags.pullPolicy,
    platform: flags.platform,
    buildpacks: flags.buildpack,
    preBuildpacks: flags.preBuildpack,
    postBuildpacks: flags.postBuildpack,
    extensions: flags.extension,
    systemBuildpacks: flags.disableSystemBuildpacks === true ? false : undefined,
    env: {
      ...collectEnv(flags.envFile ?? [], flags.env ?? [], context.environment, inWorkingDirectory),
      ...(flags.app === undefined ? {} : { BP_APP: flags.app }),
    },
    execEnv: flags.execEnv,
    volumes: (flags.volume ?? []).map((text) => parseVolume(text, inWorkingDirectory)),
    workspace: flags.workspace,
    uid: optional(flags.uid, (text) => parseUserId('--uid', text)),
    gid: optional(flags.gid, (text) => parseUserId('--gid', text)),
    network,
    executor: flags.executor,
    outputs: [...(flags.output ?? []).map((text) => parseOutput(text, inWorkingDirectory)), ...(flags.publish === true ? [{ kind: 'registry' } as const] : [])],
    tags: flags.tag,
    defaultProcess: flags.defaultProcess,
    creationTime: optional(flags.creationTime, (text) => parseCreationTime(text, context.now)),
    reportDirectory: optional(flags.reportOutputDir, inWorkingDirectory),
    sbomDirectory: optional(flags.sbomOutputDir, inWorkingDirectory),
    resultFiles: resultFiles(flags, inWorkingDirectory),
    sparse: flags.sparse,
    cache: caches.place,
    clearCache: flags.clearCache ?? false,
    frozen: flags.frozen ?? false,
    insecureRegistries: flags.insecureRegistry ?? [],
    insecure: flags.insecure,
  });
  return { options, warnings: [...packOnlyWarnings(flags), ...warnings, ...caches.warnings, ...sparseWarnings(options)] };
}

/** The bytes of an archive, as docker takes them. */
function standardInput({ stdinIsTerminal, standardInput: open }: CommandContext): AsyncIterable<Uint8Array> {
  if (stdinIsTerminal) throw usageError('Cannot read the source from a terminal', 'Pipe an archive in, or name a folder with --path');
  return open();
}

function sparseWarnings({ sparse, outputs }: BuildOptions): readonly string[] {
  return sparse === true && !outputs.some(({ kind }) => kind === 'oci') ? ['Ignoring --sparse: it is for --output oci:DIR'] : [];
}

function resultFiles(flags: BuildFlags, inWorkingDirectory: (path: string) => string): ResultFiles | undefined {
  const { tektonResults } = flags;
  const files = present<ResultFiles>({
    digest: optional(flags.digestFile, inWorkingDirectory),
    imageNameWithDigest: optional(flags.imageNameWithDigestFile, inWorkingDirectory),
    imageId: optional(flags.iidfile, inWorkingDirectory),
    metadata: optional(flags.metadataFile, inWorkingDirectory),
    tektonResults: optional(tektonResults, (value) => parseTektonResults(value, inWorkingDirectory)),
    summary: optional(flags.summaryFile, inWorkingDirectory),
  });
  return Object.keys(files).length === 0 ? undefined : files;
}

function optional<Text, Value>(text: Text | undefined, read: (text: Text) => Value): Value | undefined {
  return text === undefined ? undefined : read(text);
}

/** Without the members that the user says nothing about. */
function present<Value extends object>(value: { readonly [Key in keyof Value]: Value[Key] | undefined }): Value {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value;
}
