import { TspackError, nearestNames } from '../../foundation/index.ts';
import { readStoredBuild } from './stored-build.ts';
import { decisionOn } from './layer-reason.ts';
import type { Digest } from '../../foundation/index.ts';
import type { RecordStore } from '../../store/index.ts';
import type { BuildFact } from '../build-fact.ts';
import type { LayerExplanation } from './api.ts';
import type { StoredBuild } from './stored-build.ts';

type Decision = Extract<BuildFact, { kind: 'decision' }>;
type ImageLayer = Extract<BuildFact, { kind: 'layer' }>;

/** Explains a layer of an image, or of the image that was built last. Throws `RECORD_MISSING` and `LAYER_UNKNOWN`. */
export function explainLayer(records: RecordStore, imageId: Digest | undefined, layer: string): LayerExplanation {
  const asked = imageId ?? records.last();
  const stored = asked === undefined ? undefined : readStoredBuild(records, asked);
  if (stored === undefined) throw recordMissing(imageId);
  const name = findName(stored, layer);
  const exported = stored.facts.find((fact): fact is ImageLayer => fact.kind === 'layer' && fact.name === name);
  const decision = decisionOn(name, stored.facts);
  const origin = stored.origins[name];
  return {
    ...{ image: stored.image, imageId: stored.imageId, built: stored.built, layer: name },
    ...(name.includes(':') ? { buildpack: buildpackOf(name, stored) } : {}),
    decision: decided(exported, decision),
    reason: exported?.reason ?? decision?.reason ?? '',
    ...(decision?.change === undefined ? {} : { change: decision.change }),
    inputs: decision?.inputs ?? {},
    ...(exported === undefined ? {} : { diffId: exported.diffId, sizeBytes: exported.sizeBytes }),
    ...(origin === undefined ? {} : { origin }),
  };
}

function decided(exported: ImageLayer | undefined, decision: Decision | undefined): LayerExplanation['decision'] {
  if (exported?.decision === 'reused') return 'reused';
  return decision?.decision === 'reused' ? 'cached' : 'made';
}

/** A buildpack's id has no colon. */
function buildpackOf(name: string, { facts }: StoredBuild): { readonly id: string; readonly version: string } {
  const id = name.slice(0, name.indexOf(':'));
  const consumed = facts.find((fact) => fact.kind === 'consumed' && fact.what === 'buildpack' && fact.name === id);
  return { id, version: (consumed?.kind === 'consumed' ? consumed.version : undefined) ?? '' };
}

function findName({ facts, image }: StoredBuild, layer: string): string {
  const names = new Set(facts.flatMap((fact) => (fact.kind === 'layer' ? [fact.name] : fact.kind === 'decision' ? [`${fact.buildpack}:${fact.layer}`] : [])));
  if (names.has(layer)) return layer;
  const fitting = [...names].filter((name) => name.endsWith(`:${layer}`));
  if (fitting.length === 1) return fitting[0]!;
  const near = fitting.length > 0 ? fitting : nearestNames(layer, [...names, ...[...names].map((name) => name.slice(name.indexOf(':') + 1))]);
  throw new TspackError({
    code: 'LAYER_UNKNOWN',
    message: fitting.length > 0 ? `Cannot tell which layer "${layer}" of ${image} is meant` : `Cannot find a layer "${layer}" in the build of ${image}`,
    nextStep: near.length > 0 ? `Name one of ${near.join(', ')}` : `Its layers are ${[...names].join(', ')}`,
  });
}

function recordMissing(imageId: Digest | undefined): TspackError {
  return new TspackError({
    code: 'RECORD_MISSING',
    message:
      imageId === undefined
        ? 'Cannot explain a layer: nothing was built here yet'
        : `Cannot explain layers of ${imageId}: no build of this machine is known to have made it`,
    nextStep: 'Build the image here with tspack build, which keeps a record',
  });
}
