import type { ImageDifference } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import { parseFormat } from '../options/format.ts';
import { count, formatBytes, formatTable } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

interface DiffFlags {
  readonly output: string;
  readonly files?: boolean;
  readonly exitCode?: boolean;
  readonly insecureRegistry?: readonly string[];
}

/** So many files are shown unless all of them are wanted. */
const SHOWN_FILES = 20;

/** `tspack diff`: what is another in the second image. With `--exit-code` a difference ends with 1, as git's does. */
export const diff: CommandFunction<[string, string], DiffFlags> = async ([from, to], flags, context) => {
  const format = parseFormat(flags.output);
  const location = (image: string) => ({ image, remote: false, insecureRegistries: flags.insecureRegistry ?? [] });
  const difference = await withEvents(context, (library, task) => library.diffImages(location(from), location(to), task));
  const all = flags.files ?? false;
  context.stdout.write(format === 'json' ? `${JSON.stringify(difference, undefined, 2)}\n` : describeDifference(difference, all));
  return flags.exitCode === true && difference.from.imageId !== difference.to.imageId ? 1 : 0;
};

function describeDifference(difference: ImageDifference, allFiles: boolean): string {
  const { from, to } = difference;
  const change = to.sizeBytes - from.sizeBytes;
  const heading = formatTable([
    ['From:', visible(from.name), formatBytes(from.sizeBytes), from.imageId],
    ['To:', visible(to.name), `${formatBytes(to.sizeBytes)} (${change < 0 ? '-' : '+'}${formatBytes(Math.abs(change))})`, to.imageId],
  ]);
  const sections = [
    section('Packages', packageRows(difference)),
    section('Environment', valueRows(difference.environment)),
    section('Processes', valueRows(difference.processes)),
    section('Settings', valueRows(difference.settings)),
    section(
      'Layers',
      difference.layers.map((layer) => [layer.change === 'added' ? '+' : '-', formatBytes(layer.sizeBytes), visible(layer.createdBy) || layer.diffId]),
    ),
    section('Files', fileRows(difference, allFiles)),
  ].filter((text) => text !== '');
  return `${[heading, ...(sections.length === 0 ? ['No differences'] : sections)].join('\n\n')}\n`;
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : `${title}:\n${formatTable(rows, '  ')}`;
}

function packageRows({ packages }: ImageDifference): readonly (readonly string[])[] {
  return packages.map(({ ecosystem, name, from, to }) => {
    const versions = from.length === 0 ? to : to.length === 0 ? from : [`${from.join(', ')} -> ${to.join(', ')}`];
    return [signOf(from.length > 0, to.length > 0), visible(ecosystem), visible(name), visible(versions.join(', '))];
  });
}

function valueRows(changes: ImageDifference['environment']): readonly (readonly string[])[] {
  return changes.map(({ name, from, to }) => {
    const value = from === undefined ? (to ?? '') : to === undefined ? from : `${from} -> ${to}`;
    return [signOf(from !== undefined, to !== undefined), visible(name), visible(value)];
  });
}

function fileRows({ files }: ImageDifference, all: boolean): readonly (readonly string[])[] {
  const shown = all ? files : files.slice(0, SHOWN_FILES);
  const rows = shown.map(({ path, change, aspects, fromBytes, toBytes }) => [
    signOf(change !== 'added', change !== 'removed'),
    formatBytes(toBytes ?? fromBytes ?? 0),
    visible(path) + (aspects.length === 0 ? '' : ` (${aspects.join(', ')})`),
  ]);
  return shown.length === files.length ? rows : [...rows, ['', '', `and ${count(files.length - shown.length, 'more file')}: --files shows them`]];
}

function signOf(before: boolean, after: boolean): string {
  return before && after ? '~' : after ? '+' : '-';
}
