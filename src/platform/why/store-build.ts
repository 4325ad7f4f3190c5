import { formatFamiliarReference } from '../../oci/index.ts';
import { createStoredBuild, readStoredBuild } from './stored-build.ts';
import { decisionOn } from './layer-reason.ts';
import type { Digest } from '../../foundation/index.ts';
import type { Analysis } from '../../lifecycle/index.ts';
import type { BuildFact } from '../build-fact.ts';
import type { BuildSituation } from '../build-situation.ts';
import type { LayerDownload, LayerOrigin, StoredBuild } from './stored-build.ts';

type Decision = Extract<BuildFact, { kind: 'decision' }>;
type ImageLayer = Extract<BuildFact, { kind: 'layer' }>;

/** Writes the record of a build down beside its image, so that it can be asked later why a layer is what it is. */
export function storeBuild({ settings, ports, record }: BuildSituation, { previousImage }: Analysis, imageId: Digest, milliseconds: number): void {
  const before = previousImage === undefined ? undefined : readStoredBuild(ports.records, previousImage.imageId);
  const now: Made = { image: formatFamiliarReference(settings.names[0]), imageId, built: ports.clock.now().toISOString() };
  const facts = record.facts.filter((fact) => fact.kind !== 'consumed' || fact.what !== 'debian-package');
  const stored = createStoredBuild({ ...now, milliseconds, facts, origins: originsOf(facts, before, now) });
  ports.records.write(
    imageId,
    JSON.stringify(stored),
    ports.store.list().map((local) => local.imageId),
  );
}

type Made = Pick<StoredBuild, 'image' | 'imageId' | 'built'>;

/** A layer that this build has made is from now; of another the last build knows where it is from, if it is the same one. */
function originsOf(facts: readonly BuildFact[], before: StoredBuild | undefined, now: Made): StoredBuild['origins'] {
  const layers = facts.filter((fact): fact is ImageLayer => fact.kind === 'layer');
  const decisions = facts.filter((fact): fact is Decision => fact.kind === 'decision');
  const names = new Set([...layers.map(({ name }) => name), ...decisions.map(nameOf)]);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const layer = layers.find((each) => each.name === name);
      const decision = decisionOn(name, decisions);
      const kept = before?.origins[name];
      if (kept !== undefined && isSame(kept, layer, decision)) return [[name, kept]];
      // The cache has it from a build that left no record.
      if (decision === undefined ? layer?.decision === 'reused' : decision.decision === 'reused') return [];
      return [[name, originNow(now, facts, layer, decision)]];
    }),
  );
}

function isSame(kept: LayerOrigin, layer: ImageLayer | undefined, decision: Decision | undefined): boolean {
  return layer === undefined ? decision?.decision === 'reused' : layer.diffId === kept.diffId;
}

function originNow(now: Made, facts: readonly BuildFact[], layer: ImageLayer | undefined, decision: Decision | undefined): LayerOrigin {
  return {
    ...now,
    reason: decision?.reason ?? layer?.reason ?? '',
    ...(decision?.change === undefined ? {} : { change: decision.change }),
    ...(layer === undefined ? {} : { diffId: layer.diffId }),
    downloads: decision === undefined ? [] : downloadsFor(decision, facts),
  };
}

function downloadsFor({ buildpack, version, layer }: Decision, facts: readonly BuildFact[]): readonly LayerDownload[] {
  return facts.flatMap((fact) => {
    if (fact.kind !== 'consumed' || fact.what !== 'download' || fact.layer !== layer || fact.buildpack !== `${buildpack}/${version}`) return [];
    return [{ url: fact.name, digest: fact.digest ?? '', sizeBytes: fact.sizeBytes ?? 0, from: fact.from ?? 'network' }];
  });
}

const nameOf = ({ buildpack, layer }: Decision): string => `${buildpack}:${layer}`;
