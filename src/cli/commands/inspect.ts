import type { ImageDescription } from '../../index.ts';
import { parseFormat } from '../options/format.ts';
import type { CommandFunction } from '../command.ts';
import { formatBytes, formatTable } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

interface InspectFlags {
  readonly remote?: boolean;
  readonly output: string;
  readonly insecureRegistry?: readonly string[];
}

/** `tspack inspect`. */
export const inspect: CommandFunction<[string], InspectFlags> = async ([image], flags, context) => {
  const format = parseFormat(flags.output);
  const location = { image, remote: flags.remote ?? false, insecureRegistries: flags.insecureRegistry ?? [] };
  const description = await withEvents(context, (library, task) => library.inspectImage(location, task));
  context.stdout.write(format === 'json' ? `${JSON.stringify(description, undefined, 2)}\n` : describeImage(description));
  return 0;
};

function describeImage(image: ImageDescription): string {
  const facts: [string, string | undefined][] = [
    ['Image', visible(image.name)],
    ['Found in', visible(image.place)],
    ['Image ID', image.imageId],
    ['Digest', image.manifestDigest],
    ['Platform', visible([image.platform.os, image.platform.architecture, image.platform.variant].filter((part) => part !== undefined).join('/'))],
    ['Created', image.created === undefined ? undefined : visible(image.created)],
    ['Size', image.sizeBytes === undefined ? undefined : formatBytes(image.sizeBytes)],
    ['User', image.user === undefined ? undefined : visible(image.user)],
    ['Rebasable', String(image.rebasable)],
  ];
  const base =
    image.baseImage === undefined
      ? ''
      : section('Base Image', [
          ['Reference:', visible(image.baseImage.reference)],
          ['Top Layer:', visible(image.baseImage.topLayer)],
        ]);
  return [
    `${formatTable(facts.flatMap(([label, value]) => (value === undefined ? [] : [[`${label}:`, value]])))}\n`,
    base,
    section(
      'Run Images',
      image.runImages.map((name) => [visible(name)]),
    ),
    section(
      'Buildpacks',
      table(
        ['ID', 'VERSION', 'HOMEPAGE'],
        image.buildpacks.map(({ id, version, homepage }) => [id, version, homepage ?? '-']),
      ),
    ),
    section('Processes', table(['TYPE', 'SHELL', 'COMMAND', 'ARGS', 'WORK DIR'], processRows(image))),
    section(
      'Layers',
      table(
        ['SIZE', 'DIFF ID', 'CREATED BY'],
        image.layers.map((layer) => [layer.sizeBytes === undefined ? '-' : formatBytes(layer.sizeBytes), layer.diffId, layer.createdBy ?? '-']),
      ),
    ),
  ].join('');
}

function processRows(image: ImageDescription): readonly (readonly string[])[] {
  const rank = (isDefault: boolean) => (isDefault ? 0 : 1);
  return [...image.processes]
    .sort((one, other) => rank(one.default) - rank(other.default))
    .map((process) => [
      process.default ? `${process.type} (default)` : process.type,
      process.shell,
      process.command,
      process.args.join(' '),
      process.workingDirectory ?? '',
    ]);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.length === 0 ? [] : [header, ...rows.map((row) => row.map(visible))];
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  return `\n${title}:\n${rows.length === 0 ? '  (none)' : formatTable(rows, '  ')}\n`;
}
