import type { BuildOptions } from '../../index.ts';
import { usageError } from '../usage-error.ts';

type CachePlace = NonNullable<BuildOptions['cache']>;

interface CacheFlags {
  readonly cache?: readonly string[];
  readonly cacheImage?: string;
  readonly cacheFrom?: string;
}

/** What `--cache` and `--cache-image` of a command say. */
export interface ParsedCaches {
  readonly place?: CachePlace;
  readonly warnings: readonly string[];
}

const EXAMPLE = "Write for example --cache 'type=build;format=bind;source=./cache'";

/**
 * pack's `--cache 'type=build;format=volume|bind|image;name|source=...'` and `--cache-image`. Launch caches hold what the
 * local store holds anyway: they change nothing, and a warning says so. Throws `USAGE`.
 */
export function parseCaches({ cache = [], cacheImage, cacheFrom }: CacheFlags, resolve: (path: string) => string): ParsedCaches {
  const parsed = cache.map((text) => parseCache(text, resolve));
  const build = parsed.filter(({ type }) => type === 'build').map(({ place }) => place);
  const launch = parsed.length - build.length;
  if (cacheImage !== undefined && build.some(({ kind }) => kind === 'image')) {
    throw usageError('Cannot use --cache with format=image together with --cache-image: want one of them');
  }
  // The last one wins, as in pack; an image that is named apart wins over a folder or volume.
  const place = cacheImage === undefined ? build.at(-1) : ({ kind: 'image', name: cacheImage } as const);
  if (cacheFrom !== undefined && place?.kind !== 'image') {
    throw usageError('Cannot use --cache-from alone: it is read where the cache image is not there yet', 'Add --cache-image');
  }
  return {
    ...(place === undefined ? {} : { place: place.kind === 'image' && cacheFrom !== undefined ? { ...place, from: cacheFrom } : place }),
    warnings: launch === 0 ? [] : ['Ignoring --cache with type=launch: the local store keeps the layers of images'],
  };
}

function parseCache(text: string, resolve: (path: string) => string): { readonly type: string; readonly place: CachePlace } {
  const fields = new Map<string, string>();
  for (const field of text.split(';').filter((part) => part !== '')) {
    const equals = field.indexOf('=');
    const key = field.slice(0, equals).trim().toLowerCase();
    if (equals < 0 || !['type', 'format', 'name', 'source'].includes(key)) {
      throw usageError(`Cannot read --cache "${text}": "${field}" is none of type=, format=, name=, source=`, EXAMPLE);
    }
    fields.set(key, unquoted(field.slice(equals + 1)));
  }
  const type = fields.get('type') ?? 'build';
  if (type !== 'build' && type !== 'launch') throw usageError(`Cannot read --cache "${text}": the type "${type}" must be build or launch`, EXAMPLE);
  const format = fields.get('format') ?? 'volume';
  const source = fields.get('name') ?? fields.get('source');
  return { type, place: placeOf(text, format, source === '' ? undefined : source, resolve) };
}

function placeOf(text: string, format: string, source: string | undefined, resolve: (path: string) => string): CachePlace {
  switch (format) {
    case 'volume':
      return { kind: 'volume', ...(source === undefined ? {} : { name: source }) };
    case 'bind':
      if (source === undefined) throw usageError(`Cannot read --cache "${text}": format=bind needs source=DIR`, EXAMPLE);
      return { kind: 'bind', directory: resolve(source) };
    case 'image':
      if (source === undefined) throw usageError(`Cannot read --cache "${text}": format=image needs name=IMAGE`, EXAMPLE);
      return { kind: 'image', name: source };
    default:
      throw usageError(`Cannot read --cache "${text}": the format "${format}" must be volume, bind or image`, EXAMPLE);
  }
}

/** pack reads the value as CSV. */
function unquoted(text: string): string {
  return /^".*"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text;
}
