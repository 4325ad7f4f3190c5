import type { ListedImage } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import { parseFilters } from '../options/filter.ts';
import { parseTableFormat } from '../options/format.ts';
import { formatAgo } from '../render/ago.ts';
import { formatBytes, formatTable } from '../render/measure.ts';
import { shortId } from '../render/reference.ts';
import { visible } from '../render/untrusted.ts';
import { withLibrary } from './task.ts';

interface LsFlags {
  readonly filter?: readonly string[];
  readonly format: string;
  readonly trunc: boolean;
}

/** `tspack ls`: img's columns; with `--quiet` only IDs, for `tspack rm $(tspack ls -q)`. */
export const ls: CommandFunction<[string | undefined], LsFlags> = async ([reference], flags, context) => {
  const format = parseTableFormat(flags.format);
  const filter = parseFilters([...(flags.filter ?? []), ...(reference === undefined ? [] : [`reference=${reference}`])]);
  const images = await withLibrary(context, (library) => library.listImages(filter));
  const shown = (digest: string) => (flags.trunc ? shortId(digest) : digest);
  if (context.display.quiet) context.stdout.write(images.map(({ imageId }) => `${shown(imageId)}\n`).join(''));
  else if (format === 'json') context.stdout.write(images.map((image) => `${JSON.stringify(image)}\n`).join(''));
  else context.stdout.write(`${formatTable([HEADER, ...images.map((image) => row(image, shown, context.now()))])}\n`);
  return 0;
};

const HEADER = ['NAME', 'IMAGE ID', 'SIZE', 'CREATED AT', 'UPDATED AT', 'DIGEST'];

function row(image: ListedImage, shown: (digest: string) => string, now: Date): readonly string[] {
  const { name, imageId, sizeBytes, created, updated, manifestDigest } = image;
  const digest = manifestDigest === undefined ? '-' : shown(manifestDigest);
  return [visible(name), shown(imageId), formatBytes(sizeBytes), formatAgo(created, now), formatAgo(updated, now), digest];
}
