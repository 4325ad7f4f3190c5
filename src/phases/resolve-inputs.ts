import { isAbsolute, join, resolve } from 'node:path';
import { isApiAtLeast } from '../cnb/index.ts';
import { INPUTS, INPUT_NAMES, inputRow } from './inputs-table.ts';
import { parseFlags, parseValue } from './parse-flags.ts';
import type { ApiVersion } from '../cnb/index.ts';
import type { InputName, Inputs } from './inputs-table.ts';
import type { FlagDefinition, FlagValue } from './parse-flags.ts';
import type { PhaseName } from './phase-names.ts';

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

export type ResolvedInputs =
  | { readonly kind: 'inputs'; readonly inputs: Inputs; readonly positional: readonly string[]; readonly given: ReadonlySet<InputName> }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** The flags that a phase has in a version of the Platform API. */
export function flagsOf(phase: PhaseName, api: ApiVersion): readonly (FlagDefinition & { readonly name: InputName; readonly help: string })[] {
  return INPUT_NAMES.flatMap((name) => {
    const { flag, kind, phases, until, help = '' } = inputRow(name);
    const since = phases?.[phase];
    const end = until?.[phase];
    if (flag === undefined || since === undefined || !isApiAtLeast(api, since)) return [];
    return end !== undefined && isApiAtLeast(api, end) ? [] : [{ name, flag, kind, help }];
  });
}

/** Reads flags, then variables, then fallbacks (CNB.md C002). A variable that is empty or cannot be read is as if unset, as in the reference. */
export function resolveInputs(phase: PhaseName, api: ApiVersion, args: readonly string[], surroundings: Surroundings): ResolvedInputs {
  const flags = flagsOf(phase, api);
  const parsed = parseFlags(args, flags);
  if (parsed.kind !== 'parsed') return parsed;
  const given = new Map<InputName, FlagValue>(flags.flatMap(({ name, flag }) => (parsed.values.has(flag) ? [[name, parsed.values.get(flag)!] as const] : [])));
  const layers = absolute(String(given.get('layers') ?? fromEnvironment('layers', surroundings) ?? INPUTS.layers.fallback), surroundings);
  const value = (name: InputName): FlagValue | undefined => {
    const { kind, fallback } = inputRow(name);
    const found = given.get(name) ?? fromEnvironment(name, surroundings) ?? (fallback === undefined ? undefined : parseValue(kind, fallback));
    if (kind === 'boolean') return found ?? false;
    if (kind === 'list') return found ?? [];
    if (kind === 'text') return found ?? '';
    if (kind === 'path') return pathOf(found === undefined ? '' : String(found), layers, surroundings);
    return found;
  };
  const inputs = Object.fromEntries(INPUT_NAMES.map((name) => [name, value(name)])) as unknown as Inputs;
  return { kind: 'inputs', inputs, positional: parsed.positional, given: new Set(given.keys()) };
}

function fromEnvironment(name: InputName, { environment }: Surroundings): FlagValue | undefined {
  const { env, kind } = inputRow(name);
  const text = env === undefined ? undefined : environment[env];
  return text === undefined || text === '' ? undefined : parseValue(kind, text);
}

function pathOf(text: string, layers: string, surroundings: Surroundings): string {
  if (text === '') return '';
  return text.startsWith('<layers>/') ? join(layers, text.slice('<layers>/'.length)) : absolute(text, surroundings);
}

function absolute(path: string, { workingDirectory }: Surroundings): string {
  return isAbsolute(path) ? resolve(path) : resolve(workingDirectory, path);
}

/** What a phase takes, as Go prints it. */
export function formatUsage(phase: PhaseName, api: ApiVersion): string {
  const lines = flagsOf(phase, api)
    .toSorted((a, b) => (a.flag < b.flag ? -1 : 1))
    .map(({ flag, kind, help }) => `  -${flag}${kind === 'boolean' ? '' : ' value'}\n    \t${help}\n`);
  return `Usage of ${phase}:\n${lines.join('')}`;
}
