import { resolve } from 'node:path';
import { TspackError } from '../../index.ts';
import type { BuildOptions, BuildResult, ResultFiles, Tspack } from '../../index.ts';
import type { CommandContext } from '../context.ts';
import { parseCaches } from '../options/cache.ts';
import { parseCreationTime } from '../options/creation-time.ts';
import { collectEnv } from '../options/env.ts';
import { parseNetwork } from '../options/network.ts';
import { parseOutput } from '../options/output.ts';
import { packOnlyWarnings } from '../options/pack-only.ts';
import { parseTektonResults } from '../options/tekton-results.ts';
import { parseUserId } from '../options/user-id.ts';
import { parseVolume } from '../options/volume.ts';
import type { PackOnlyFlags } from '../options/pack-only.ts';
import type { CommandFunction } from '../command.ts';
import { count, formatBytes, formatDuration, formatTable } from '../render/measure.ts';
import { referenceLine } from '../render/reference.ts';
import type { Style } from '../render/style.ts';
import { visible } from '../render/untrusted.ts';
import { usageError } from '../usage-error.ts';
import { withEvents } from './task.ts';

interface BuildFlags extends PackOnlyFlags {
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
  readonly clearCache?: boolean;
  readonly frozen?: boolean;
  readonly insecureRegistry?: readonly string[];
  readonly insecure?: boolean;
}

/** `tspack build`. */
export const build: CommandFunction<[string], BuildFlags> = async ([image], flags, context) => {
  const { options, warnings } = readOptions(image, flags, context);
  return withEvents(context, async (library, task, display) => {
    for (const message of warnings) task.events({ kind: 'message', level: 'warning', message });
    const result = await library.build(options, task).catch((error: unknown) => {
      throw isBuilderMissing(error) ? withBuilders(error, library) : error;
    });
    display.result(resultMembers(result), (style) => summary(result, options, style));
    context.stdout.write(`${referenceLine(result)}\n`);
    return 0;
  });
};

/** Without the facts: events have told them. */
function resultMembers({ record: _record, ...members }: BuildResult): object {
  return members;
}

function isBuilderMissing(error: unknown): error is TspackError {
  return error instanceof TspackError && error.code === 'BUILDER_MISSING';
}

function withBuilders({ code, message }: TspackError, library: Tspack): TspackError {
  const names = library.builders().map(({ name }) => `--builder ${name}`);
  return new TspackError({ code, message, nextStep: `Add ${names.join(' or ')}; "tspack builder suggest" describes them` });
}

interface ReadOptions {
  readonly options: BuildOptions;
  readonly warnings: readonly string[];
}

function readOptions(image: string, flags: BuildFlags, context: CommandContext): ReadOptions {
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

function summary(result: BuildResult, options: BuildOptions, style: Style): string {
  const added = result.layers.filter(({ reused }) => !reused);
  const addedBytes = added.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const digest = result.manifestDigest === undefined ? [] : [['Digest', result.manifestDigest]];
  const rows = [
    ['Image', visible(result.name)],
    ['Image ID', result.imageId],
    ...digest,
    ['Size', formatBytes(result.sizeBytes)],
    ['Layers', `${count(added.length, 'layer')} added (${formatBytes(addedBytes)}), ${result.layers.length - added.length} reused`],
    ['Time', formatDuration(result.milliseconds)],
  ];
  const next = `tspack run ${visible(options.image)} ${result.defaultProcess === undefined ? '-- COMMAND (nothing is started by default)' : '-p 8080:8080'}`;
  return `\n${formatTable(rows.map(([label = '', value = '']) => [`${label}:`, value]))}\n\n${style.tip('Next:')} ${next}`;
}
