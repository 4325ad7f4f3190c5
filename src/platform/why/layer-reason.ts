import type { LifecycleMetadataLabel } from '../../cnb/index.ts';
import type { BuildFact } from '../build-fact.ts';

type Decision = Extract<BuildFact, { kind: 'decision' }>;

/** A layer of the image: `<buildpack id>:<layer>`, or what the lifecycle calls a layer of its own. */
interface ImageLayer {
  readonly name: string;
  readonly reused: boolean;
}

/** The decision of the buildpack on a layer of this name; undefined where it tells of none. */
export function decisionOn(name: string, facts: readonly BuildFact[]): Decision | undefined {
  return facts.find((fact): fact is Decision => fact.kind === 'decision' && `${fact.buildpack}:${fact.layer}` === name);
}

/** Why a layer of the image is the same as in the last one, or another: in the words of its buildpack where it has some. */
export function layerReason({ name, reused }: ImageLayer, facts: readonly BuildFact[], previous: LifecycleMetadataLabel): string {
  const decision = decisionOn(name, facts);
  const comparison = reused ? 'its files came out as they were' : isIn(previous, name) ? 'its files are others than in the last image' : noLastOne(previous);
  if (decision === undefined) return comparison;
  return reused === (decision.decision === 'reused') ? decision.reason : `${decision.reason}; ${comparison}`;
}

function noLastOne({ runImage }: LifecycleMetadataLabel): string {
  return runImage.topLayer === '' ? 'there is no last image' : 'the last image has no such layer';
}

function isIn(previous: LifecycleMetadataLabel, name: string): boolean {
  const own = { 'launch.sbom': previous.sbom, launcher: previous.launcher, config: previous.config, 'process-types': previous['process-types'] };
  if (Object.hasOwn(own, name)) return (own[name as keyof typeof own]?.sha ?? '') !== '';
  if (name === 'app' || name.startsWith('slice-')) return previous.app.length > 0;
  return previous.buildpacks.some(({ key, layers }) => name.startsWith(`${key}:`) && Object.hasOwn(layers, name.slice(key.length + 1)));
}
