import type { SpecTable } from '../cnb/index.ts';
import type { InputChange } from '../foundation/index.ts';

/** Something that a layer is made from. When one of them changes, the layer is made anew. */
export interface LayerInput {
  /** For people: `package-lock.json`, `Node.js version`. */
  readonly name: string;
  /** Compared with the value of last time; never a secret, because it is kept in the image's labels. */
  readonly value: string;
  /** Whether the value means something to people, so that a change is told as "from … to …". */
  readonly readable?: boolean;
}

/** What is known of a layer from the build before. */
export interface PreviousLayer {
  readonly metadata: SpecTable | undefined;
  /** Whether its files are here. */
  readonly hasContents: boolean;
}

/** Whether a layer of last time can be used, and why (not). `reason` continues a sentence: `package-lock.json changed`; `change` is the input that it is about. */
export type LayerDecision = { readonly keep: true; readonly reason: string } | { readonly keep: false; readonly reason: string; readonly change?: InputChange };

/**
 * Compares a layer's inputs with those recorded last time; the first difference is the reason. `needsContents` is false for a
 * layer that is only launched: the lifecycle then takes it from the previous image.
 */
export function decideLayer(inputs: readonly LayerInput[], previous: PreviousLayer | undefined, needsContents: boolean): LayerDecision {
  const recorded = previous?.metadata?.['inputs'];
  if (previous === undefined || typeof recorded !== 'object' || recorded === null || Array.isArray(recorded))
    return { keep: false, reason: 'not built before' };
  const values = recorded as SpecTable;
  for (const { name, value, readable } of inputs) {
    const old = values[name];
    if (old === value) continue;
    if (old === undefined) return { keep: false, reason: `${name} is new`, change: { input: name, to: value } };
    const change = { input: name, ...(typeof old === 'string' ? { from: old } : {}), to: value };
    return { keep: false, change, reason: readable === true && typeof old === 'string' ? `${name} changed from ${old} to ${value}` : `${name} changed` };
  }
  const gone = Object.keys(values).find((name) => !inputs.some((input) => input.name === name));
  const last = gone === undefined ? undefined : values[gone];
  if (gone !== undefined) return { keep: false, reason: `${gone} is gone`, change: { input: gone, ...(typeof last === 'string' ? { from: last } : {}) } };
  if (needsContents && !previous.hasContents) return { keep: false, reason: 'its files are no longer in the cache' };
  return { keep: true, reason: inputs.length === 0 ? 'it depends on nothing' : `${joinNames(shortened(inputs.map(({ name }) => name)))} unchanged` };
}

/** The first three names and the number of the others. */
function shortened(names: readonly string[]): readonly string[] {
  return names.length <= 4 ? names : [...names.slice(0, 3), `${names.length - 3} more`];
}

/** `a`, `a and b`, `a, b and c`. */
export function joinNames(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
