import { TspackError, nearestNames } from '../../foundation/index.ts';
import { formatFamiliarReference, parseImageReference } from '../../oci/index.ts';
import type { SurveyedCache } from '../../store/index.ts';

/** The caches that are meant by IDs, their first parts, and images. Throws `CACHE_NOT_FOUND`. */
export function chooseCaches(names: readonly string[], caches: readonly SurveyedCache[]): readonly SurveyedCache[] {
  return [...new Set(names.flatMap((name) => findCaches(name, caches)))];
}

function findCaches(name: string, caches: readonly SurveyedCache[]): readonly SurveyedCache[] {
  const byId = caches.filter(({ id }) => startsWith(id, name));
  if (byId.length > 0) return byId;
  const byImage = layerCachesOf(name, caches);
  if (byImage.length > 0) return byImage;
  throw cacheNotFound(name, caches);
}

/** The layer caches of an image, for every builder and target; of a volume by its name. */
export function layerCachesOf(name: string, caches: readonly SurveyedCache[]): readonly SurveyedCache[] {
  const image = repositoryOf(name);
  return caches.filter(({ application }) => application !== undefined && application.name === (application.kind === 'image' ? image : name));
}

export function cacheNotFound(name: string, caches: readonly SurveyedCache[]): TspackError {
  const known = caches.flatMap(({ cache, application }) => [cache, ...(application === undefined ? [] : [applicationName(application)])]);
  const [near] = nearestNames(name, known);
  return new TspackError({
    code: 'CACHE_NOT_FOUND',
    message: `Cannot find a cache of "${name}"`,
    nextStep: near === undefined ? 'See tspack cache ls' : `Did you mean "${near}"?`,
  });
}

/** As people write it. */
export function applicationName({ kind, name }: NonNullable<SurveyedCache['application']>): string {
  return kind === 'image' ? formatFamiliarReference(parseImageReference(name)) : name;
}

/** Part by part; the last may be cut, as lists do. */
function startsWith(id: string, wanted: string): boolean {
  const [parts, some] = [id.split('/'), wanted.split('/')];
  return some.length <= parts.length && some.every((part, place) => (place === 0 || part.length < 6 ? parts[place] === part : parts[place]!.startsWith(part)));
}

function repositoryOf(name: string): string | undefined {
  try {
    const { registry, repository } = parseImageReference(name);
    return `${registry}/${repository}`;
  } catch {
    return undefined;
  }
}
