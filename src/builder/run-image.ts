import { mkdirSync, rmSync } from 'node:fs';
import { digestHex, digestOf, temporaryBeside } from '../foundation/index.ts';
import type { EventSink } from '../foundation/index.ts';
import { packagesOfSet } from '../debian/index.ts';
import type { PackageLock } from '../debian/index.ts';
import { createImage } from '../oci/index.ts';
import type { HistoryEntry, Image, Layer, LayerWriter } from '../oci/index.ts';
import { assembleRoot } from './assemble-root.ts';
import { BASE_IMAGE_CREATED, BASE_IMAGE_PATH, baseLabels } from './base-labels.ts';
import type { Architecture, BuilderDefinition } from './builder-file.ts';
import { requireRunImage } from './builder-parts.ts';
import type { BuilderEvent } from './events.ts';
import { withCurrentPackages } from './package-supply.ts';
import type { PackageSupply } from './package-supply.ts';
import { rootKey } from './root-key.ts';
import { splitLayers } from './split-layers.ts';

export interface RunImageOptions {
  readonly builder: BuilderDefinition;
  readonly architecture: Architecture;
  /** Supplies the set `run` of the builder's own lock. */
  readonly supply: PackageSupply;
  readonly layerWriter: LayerWriter;
  /** Takes a temporary folder, which is gone in the end. */
  readonly workDirectory: string;
  readonly events?: EventSink<BuilderEvent>;
}

export interface RunImage {
  readonly image: Image;
  /** The lock that was really used: a newer one when packages had been superseded. */
  readonly lock: PackageLock;
}

/**
 * A name for the run image that a lock and a definition give, as 64 hexadecimal digits: whoever keeps the image under
 * it need not assemble it again.
 */
export function runImageKey(builder: BuilderDefinition, lock: PackageLock): string {
  const { layers } = requireRunImage(builder);
  return digestHex(digestOf(JSON.stringify({ root: rootKey(lock, 'run', builder.user), layers, labels: baseLabels(builder, lock), path: BASE_IMAGE_PATH })));
}

/**
 * Assembles the run image: signed packages, fix-ups, one layer per group of packages that changes together. No script
 * runs, so any architecture can be made on any machine, and the image ID is the same on each, for every user and umask.
 */
export async function createRunImage(options: RunImageOptions): Promise<RunImage> {
  const { builder, architecture, layerWriter, workDirectory, events } = options;
  const definition = requireRunImage(builder);
  const started = performance.now();
  return withCurrentPackages(options.supply, async (lock, fetch) => {
    const packages = packagesOfSet(lock, 'run');
    events?.({ kind: 'assembly-started', image: 'run', builder: builder.name, architecture, packages: packages.length, sizeBytes: sumSizes(packages) });
    mkdirSync(workDirectory, { recursive: true });
    const directory = temporaryBeside(`${workDirectory}/run-image`);
    mkdirSync(directory);
    try {
      const { tree } = await assembleRoot({ packages: fetch(packages), directory, architecture, user: builder.user });
      const layers: Layer[] = [];
      const history: HistoryEntry[] = [];
      for (const { name, entries } of splitLayers(tree, definition.layers, builder.user)) {
        layers.push(await layerWriter.write({ parts: [{ kind: 'entries', entries }] }));
        history.push({ created: BASE_IMAGE_CREATED, created_by: `tspack base image "${builder.name}": ${name}` });
      }
      const image = createImage({
        config: {
          os: 'linux',
          architecture,
          created: BASE_IMAGE_CREATED,
          history,
          config: {
            User: `${builder.user.uid}:${builder.user.gid}`,
            Env: [`PATH=${BASE_IMAGE_PATH}`],
            Labels: baseLabels(builder, lock),
          },
        },
        layers,
      });
      events?.({ kind: 'assembly-finished', image: 'run', builder: builder.name, architecture, milliseconds: performance.now() - started });
      return { image, lock };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

function sumSizes(packages: readonly { readonly sizeBytes: number }[]): number {
  return packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
