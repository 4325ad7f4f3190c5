import { resolve } from 'node:path';
import type { BuildOptions, BuildResult } from '../../index.ts';
import type { CommandContext } from '../context.ts';
import { collectEnv } from '../options/env.ts';
import { parseOutput } from '../options/output.ts';
import { parseVolume } from '../options/volume.ts';
import type { CommandFunction } from '../command.ts';
import type { Console } from '../render/console.ts';
import { count, formatBytes, formatDuration, formatTable } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { usageError } from '../usage-error.ts';
import { withEvents } from './task.ts';

interface BuildFlags {
  readonly path: string;
  readonly builder?: string;
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  readonly volume?: readonly string[];
  readonly output?: readonly string[];
  readonly publish?: boolean;
  readonly defaultProcess?: string;
  readonly network: 'host' | 'none';
  readonly executor: 'auto' | 'sandbox' | 'container';
  readonly clearCache?: boolean;
  readonly frozen?: boolean;
  readonly insecureRegistry?: readonly string[];
}

/** `tspack build`. */
export const build: CommandFunction<[string], BuildFlags> = async ([image], flags, context) => {
  const options = readOptions(image, flags, context, flags.builder ?? (await refuseWithoutBuilder(context)));
  return withEvents(context, async (library, task, console) => {
    const result = await library.build(options, task);
    console.close();
    if (!context.display.quiet) console.line(summary(result, options, console));
    context.stdout.write(`${referenceOf(result)}\n`);
    return 0;
  });
};

async function refuseWithoutBuilder(context: CommandContext): Promise<never> {
  const names = (await context.openLibrary()).builders().map(({ name }) => `--builder ${name}`);
  throw usageError('No builder is chosen', `Add ${names.join(' or ')}; "tspack builder suggest" describes them`);
}

function readOptions(image: string, flags: BuildFlags, context: CommandContext, builder: string): BuildOptions {
  const inWorkingDirectory = (path: string) => resolve(context.workingDirectory, path);
  return {
    image,
    path: inWorkingDirectory(flags.path),
    builder,
    env: collectEnv(flags.envFile ?? [], flags.env ?? [], context.environment, inWorkingDirectory),
    volumes: (flags.volume ?? []).map((text) => parseVolume(text, inWorkingDirectory)),
    outputs: [...(flags.output ?? []).map((text) => parseOutput(text, inWorkingDirectory)), ...(flags.publish === true ? [{ kind: 'registry' } as const] : [])],
    network: flags.network,
    executor: flags.executor,
    clearCache: flags.clearCache ?? false,
    frozen: flags.frozen ?? false,
    ...(flags.defaultProcess === undefined ? {} : { defaultProcess: flags.defaultProcess }),
    insecureRegistries: flags.insecureRegistry ?? [],
  };
}

/** The reference with its digest where a manifest exists, else the name and the image ID. */
function referenceOf(result: BuildResult): string {
  return result.manifestDigest === undefined ? `${result.name} ${result.imageId}` : `${withoutTag(result.name)}@${result.manifestDigest}`;
}

function withoutTag(name: string): string {
  return name.replace(/:[^/:@]+$/, '');
}

function summary(result: BuildResult, options: BuildOptions, console: Console): string {
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
  const next = `tspack run ${visible(options.image)} -p 8080:8080`;
  return `\n${formatTable(rows.map(([label = '', value = '']) => [`${label}:`, value]))}\n\n${console.style.tip('Next:')} ${next}`;
}
