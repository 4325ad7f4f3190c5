import { resolve } from 'node:path';
import type { RebaseOptions, RebaseResult, RebasedImage } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { parseTektonResults } from '../options/tekton-results.ts';
import { count, formatDuration, formatTable } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { usageError } from '../usage-error.ts';
import { withEvents } from './task.ts';

interface RebaseFlags {
  readonly runImage?: string;
  readonly publish?: boolean;
  readonly force?: boolean;
  readonly previousImage?: string;
  readonly reportOutputDir?: string;
  readonly tektonResults?: string | true;
  readonly insecureRegistry?: readonly string[];
}

/** `tspack rebase`. */
export const rebase: CommandFunction<[string], RebaseFlags> = async ([image], flags, context) => {
  const options = readOptions(image, flags, context);
  return withEvents(context, async (library, task, display) => {
    const result = await library.rebase(options, task);
    display.result(result, () => summary(result));
    for (const reference of referencesOf(result)) context.stdout.write(`${reference}\n`);
    return 0;
  });
};

function readOptions(image: string, flags: RebaseFlags, { workingDirectory }: CommandContext): RebaseOptions {
  const inWorkingDirectory = (path: string) => resolve(workingDirectory, path);
  const place = (text: string) => (text.startsWith('oci:') ? `oci:${inWorkingDirectory(text.slice('oci:'.length))}` : text);
  if (flags.publish === true && /^(?:oci|docker):/.test(image)) {
    throw usageError(`Cannot publish "${image}": want the name of an image in a registry`, 'Leave --publish out, or name the image as its registry does');
  }
  if (flags.tektonResults !== undefined && flags.publish !== true) {
    throw usageError('Cannot write results for Tekton: they tell the digest in a registry', 'Add --publish, or leave --tekton-results out');
  }
  return {
    image: place(image),
    ...(flags.previousImage === undefined ? {} : { previousImage: place(flags.previousImage) }),
    ...(flags.runImage === undefined ? {} : { runImage: place(flags.runImage) }),
    publish: flags.publish ?? false,
    force: flags.force ?? false,
    ...(flags.reportOutputDir === undefined ? {} : { reportDirectory: inWorkingDirectory(flags.reportOutputDir) }),
    ...(flags.tektonResults === undefined ? {} : { tektonResults: parseTektonResults(flags.tektonResults, inWorkingDirectory) }),
    insecureRegistries: flags.insecureRegistry ?? [],
  };
}

/** As `tspack build` names its result: with the digest where a manifest exists, else with the image ID. */
function referencesOf({ name, images, indexDigest }: RebaseResult): readonly string[] {
  const withDigest = (digest: string) => `${name.startsWith('oci:') ? name : name.replace(/:[^/:@]+$/, '')}@${digest}`;
  if (indexDigest !== undefined) return [withDigest(indexDigest)];
  return images.map(({ imageId, manifestDigest }) => (manifestDigest === undefined ? `${name} ${imageId}` : withDigest(manifestDigest)));
}

function summary({ name, images, indexDigest, milliseconds }: RebaseResult): string {
  const rows = [
    ['Image', visible(name)],
    ...(indexDigest === undefined ? [] : [['Index', indexDigest]]),
    ...images.flatMap((image) => [...(images.length === 1 ? [] : [['Platform', visible(image.platform)]]), ...imageRows(image)]),
    ['Time', formatDuration(milliseconds)],
  ];
  return `\n${formatTable(rows.map(([label = '', value = '']) => [`${label}:`, value]))}`;
}

function imageRows(image: RebasedImage): readonly (readonly string[])[] {
  return [
    ['Image ID', image.changed ? image.imageId : `${image.imageId} (as before)`],
    ...(image.manifestDigest === undefined ? [] : [['Digest', image.manifestDigest]]),
    ['Base', visible(image.baseReference)],
    ['Layers', image.changed ? `${count(image.oldBaseLayers, 'layer')} of the base replaced by ${image.newBaseLayers}, ${image.appLayers} kept` : 'as before'],
  ];
}
