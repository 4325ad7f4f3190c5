import { isVersionRange, type BuildContext } from '../../../src/sdk/index.ts';
import { askDaily } from './daily-answer.ts';
import { registryHasNoPackage } from './errors.ts';
import { isTable } from './manifest.ts';
import type { Registry } from './package-managers/npm-settings.ts';

/** One version of a package that the registry offers. */
export interface OfferedVersion {
  readonly tarball: string;
  /** Subresource integrity; undefined for very old versions. */
  readonly integrity: string | undefined;
  /** `engines.node`. */
  readonly node: string | undefined;
}

/** By version. */
export type OfferedVersions = ReadonlyMap<string, OfferedVersion>;

/** The versions of a package that the registry offers; of the last build, with a warning, when it cannot be reached. */
export function fetchOfferedVersions(context: BuildContext, registry: Registry, name: string): Promise<OfferedVersions> {
  return askDaily(context, {
    of: name,
    title: `the list of ${name} versions`,
    source: 'The registry',
    address: registry.url,
    ask: () => askRegistry(context, registry, name),
  });
}

async function askRegistry(context: BuildContext, registry: Registry, name: string): Promise<Record<string, OfferedVersion>> {
  const url = new URL(name.replace('/', '%2f'), registry.url).href;
  // The abbreviated form: the full one of npm itself has 30 MB.
  const answer = await context.downloads.fetchJson({
    url,
    headers: { accept: 'application/vnd.npm.install-v1+json, application/json;q=0.8', ...registry.headersFor(url) },
    maximumBytes: 134_217_728,
  });
  const versions = isTable(answer) ? answer['versions'] : undefined;
  if (!isTable(versions)) throw registryHasNoPackage(name, 'the answer has no "versions"');
  const offered: Record<string, OfferedVersion> = {};
  for (const [version, entry] of Object.entries(versions)) {
    const dist = isTable(entry) ? entry['dist'] : undefined;
    if (!isTable(entry) || !isTable(dist) || typeof dist['tarball'] !== 'string') continue;
    const engines = entry['engines'];
    const node = isTable(engines) && typeof engines['node'] === 'string' && isVersionRange(engines['node']) ? engines['node'] : undefined;
    offered[version] = { tarball: dist['tarball'], integrity: typeof dist['integrity'] === 'string' ? dist['integrity'] : undefined, node };
  }
  return offered;
}
