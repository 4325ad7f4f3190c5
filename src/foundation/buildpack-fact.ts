import { isPlainText } from './plain-line.ts';

/** The first thing that made a layer another one: an input with its values of last time and now, as far as there are any. */
export interface InputChange {
  readonly input: string;
  readonly from?: string;
  readonly to?: string;
}

/** What a buildpack decided about one of its layers, and why. */
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

/** A version that a buildpack chose, and the rule by which. */
export interface ChoiceFact {
  readonly kind: 'choice';
  readonly buildpack: string;
  /** For people: `Node.js`. */
  readonly name: string;
  readonly version: string;
  readonly reason: string;
}

/** A file that a build would have to get, of a plan. */
export interface WantedFact {
  readonly kind: 'wanted';
  readonly buildpack: string;
  /** Absent outside of layers. */
  readonly layer?: string;
  readonly label: string;
  /** Absent where it depends on the mirror. */
  readonly url?: string;
  readonly digest: string;
  /** Absent where nobody knows before it is fetched. */
  readonly sizeBytes?: number;
  /** `store`: this machine has it already. */
  readonly from: 'network' | 'store';
}

/** Where a buildpack's plan ends before its build would: what comes next depends on something that only a build makes. */
export interface EndFact {
  readonly kind: 'end';
  readonly buildpack: string;
  readonly layer?: string;
  /** `it runs npm ci`. */
  readonly reason: string;
}

/** What a buildpack tells of its work. A line of the record that its downloads are in, too. */
export type BuildpackFact = DecisionFact | ChoiceFact | WantedFact | EndFact;

/** A fact as one line of the record. */
export function formatBuildpackFact(fact: BuildpackFact): string {
  return `${JSON.stringify(fact)}\n`;
}

/** The facts of a record, which anybody in the build may have written to: lines that are none are left out. */
export function parseBuildpackFacts(text: string): readonly BuildpackFact[] {
  return text.split('\n').flatMap((line) => {
    const fact = parseLine(line);
    return fact === undefined ? [] : [fact];
  });
}

type Raw = Readonly<Record<string, unknown>>;

function parseLine(line: string): BuildpackFact | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined; // cut off, or never one
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const raw = value as Raw;
  const { buildpack } = raw;
  if (!isPlainText(buildpack)) return undefined;
  if (raw['kind'] === 'decision') return readDecision(buildpack, raw);
  if (raw['kind'] === 'choice') return readChoice(buildpack, raw);
  if (raw['kind'] === 'wanted') return readWanted(buildpack, raw);
  return raw['kind'] === 'end' ? readEnd(buildpack, raw) : undefined;
}

function readDecision(buildpack: string, { layer, decision, reason, change, inputs }: Raw): DecisionFact | undefined {
  if (!isPlainText(layer) || !isPlainText(reason) || (decision !== 'reused' && decision !== 'made')) return undefined;
  const changed = readChange(change);
  return { kind: 'decision', buildpack, layer, decision, reason, ...(changed === undefined ? {} : { change: changed }), inputs: readInputs(inputs) };
}

function readChange(value: unknown): InputChange | undefined {
  const { input, from, to } = (value ?? {}) as Raw;
  if (!isPlainText(input)) return undefined;
  return { input, ...(isPlainText(from) ? { from } : {}), ...(isPlainText(to) ? { to } : {}) };
}

function readInputs(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => isPlainText(entry[0]) && isPlainText(entry[1])));
}

function readChoice(buildpack: string, { name, version, reason }: Raw): ChoiceFact | undefined {
  if (!isPlainText(name) || !isPlainText(version) || !isPlainText(reason)) return undefined;
  return { kind: 'choice', buildpack, name, version, reason };
}

function readWanted(buildpack: string, { layer, label, url, digest, sizeBytes, from }: Raw): WantedFact | undefined {
  if (!isPlainText(label) || !isPlainText(digest) || (from !== 'network' && from !== 'store')) return undefined;
  const size = typeof sizeBytes === 'number' && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 ? { sizeBytes } : {};
  return { kind: 'wanted', buildpack, ...layerOf(layer), label, ...(isPlainText(url) ? { url } : {}), digest, ...size, from };
}

function readEnd(buildpack: string, { layer, reason }: Raw): EndFact | undefined {
  return isPlainText(reason) ? { kind: 'end', buildpack, ...layerOf(layer), reason } : undefined;
}

function layerOf(layer: unknown): { readonly layer?: string } {
  return isPlainText(layer) ? { layer } : {};
}
