import type { BuildOptions, BuildResult } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import { readBuildOptions } from '../options/build-options.ts';
import type { BuildFlags } from '../options/build-options.ts';
import { count, formatBytes, formatDuration, formatTable } from '../render/measure.ts';
import { referenceLine } from '../render/reference.ts';
import type { Style } from '../render/style.ts';
import { visible } from '../render/untrusted.ts';
import { usageError } from '../usage-error.ts';
import { explainBuilderMissing } from './builder-missing.ts';
import { plan } from './plan.ts';
import { withEvents } from './task.ts';

interface BuildOnlyFlags extends BuildFlags {
  readonly dryRun?: boolean;
  readonly format?: string;
}

/** `tspack build`; with `--dry-run` it is `tspack plan`. */
export const build: CommandFunction<[string], BuildOnlyFlags> = async ([image], { dryRun, format, ...flags }, context, passthrough) => {
  if (dryRun === true) return await plan([image], { ...flags, format: format ?? 'text' }, context, passthrough);
  if (format !== undefined) throw usageError('Cannot use --format without --dry-run', 'Add --dry-run, or use --log-format json');
  const { options, warnings } = readBuildOptions(image, flags, context);
  return withEvents(context, async (library, task, display) => {
    for (const message of warnings) task.events({ kind: 'message', level: 'warning', message });
    const result = await library.build(options, task).catch((error: unknown) => {
      throw explainBuilderMissing(error, library);
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
    ...largest(result),
    ['Time', formatDuration(result.milliseconds)],
  ];
  const next = `tspack run ${visible(options.image)} ${result.defaultProcess === undefined ? '-- COMMAND (nothing is started by default)' : '-p 8080:8080'}`;
  return `\n${formatTable(rows.map(([label = '', value = '']) => [`${label}:`, value]))}\n\n${style.tip('Next:')} ${next}`;
}

/** The layers that take most of the image. */
function largest({ layers }: BuildResult): readonly (readonly string[])[] {
  const names = layers
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, 3)
    .map(({ name, sizeBytes }) => `${visible(name)} (${formatBytes(sizeBytes)})`);
  return names.length === 0 ? [] : [['Largest', names.join(', ')]];
}
