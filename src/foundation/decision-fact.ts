import { isPlainText } from './plain-line.ts';

/** The first thing that made a layer another one: an input with its values of last time and now, as far as there are any. */
export interface InputChange {
  readonly input: string;
  readonly from?: string;
  readonly to?: string;
}

/** What a buildpack decided about one of its layers, and why. A line of the record that its downloads are in, too. */
export interface DecisionFact {
  readonly kind: 'decision';
  /** `id/version`. */
  readonly buildpack: string;
  readonly layer: string;
  readonly decision: 'reused' | 'made';
  /** Continues a sentence: `package-lock.json changed`. */
  readonly reason: string;
  readonly change?: InputChange;
  /** What the layer is made from, by name. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** A fact as one line of the record. */
export function formatDecisionFact(fact: DecisionFact): string {
  return `${JSON.stringify(fact)}\n`;
}

/** The decisions of a record, which anybody in the build may have written to: lines that are none are left out. */
export function parseDecisionFacts(text: string): readonly DecisionFact[] {
  return text.split('\n').flatMap((line) => {
    const fact = parseLine(line);
    return fact === undefined ? [] : [fact];
  });
}

function parseLine(line: string): DecisionFact | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined; // cut off, or never one
  }
  const { kind, buildpack, layer, decision, reason, change, inputs } = (value ?? {}) as Partial<Record<keyof DecisionFact, unknown>>;
  if (kind !== 'decision' || !isPlainText(buildpack) || !isPlainText(layer) || !isPlainText(reason)) return undefined;
  if (decision !== 'reused' && decision !== 'made') return undefined;
  const changed = parseChange(change);
  return { kind, buildpack, layer, decision, reason, ...(changed === undefined ? {} : { change: changed }), inputs: parseInputs(inputs) };
}

function parseChange(value: unknown): InputChange | undefined {
  const { input, from, to } = (value ?? {}) as Partial<Record<keyof InputChange, unknown>>;
  if (!isPlainText(input)) return undefined;
  return { input, ...(isPlainText(from) ? { from } : {}), ...(isPlainText(to) ? { to } : {}) };
}

function parseInputs(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => isPlainText(entry[0]) && isPlainText(entry[1])));
}
