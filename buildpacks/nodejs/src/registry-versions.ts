import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, isVersionRange, type BuildContext } from '../../../src/sdk/index.ts';
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

/**
 * The versions of a package that the registry offers. The answer is kept in a layer that only the cache sees, and asked for once a
 * day; when the registry cannot be reached, the last answer counts, with a warning.
 */
export async function fetchOfferedVersions(context: BuildContext, registry: Registry, name: string): Promise<OfferedVersions> {
  const layerName = `versions-${name.replace(/^@/, '').replaceAll('/', '-')}`;
  const outcome = await context.layer({
    name: layerName,
    title: `the list of ${name} versions`,
    types: { cache: true },
    onChange: 'keep',
    inputs: [
      { name: 'registry', value: digestOf(registry.url) },
      { name: 'date', value: context.clock.now().toISOString().slice(0, 10), readable: true },
    ],
    create: async (layer) => {
      const file = join(layer.path, 'versions.json');
      try {
        writeFileSync(file, JSON.stringify(await askRegistry(context, registry, name)));
      } catch (error) {
        const old = readAnswer(file);
        if (old === undefined) throw error;
        context.log.warning(
          `The registry could not be asked for the versions of ${name}; those of the last build are used (${error instanceof Error ? error.message : String(error)})`,
        );
      }
      return {};
    },
  });
  return readAnswer(join(outcome.layer.path, 'versions.json')) ?? new Map();
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

function readAnswer(file: string): OfferedVersions | undefined {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, OfferedVersion>));
  } catch {
    return undefined; // none yet, or cut off: asked again
  }
}
