/** A flag that a program knows. */
export interface FlagDefinition {
  readonly flag: string;
  readonly kind: 'text' | 'path' | 'boolean' | 'integer' | 'list' | 'milliseconds';
}

export type FlagValue = string | boolean | number | readonly string[];

export type ParsedFlags =
  | { readonly kind: 'parsed'; readonly values: ReadonlyMap<string, FlagValue>; readonly positional: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

/**
 * Reads arguments as Go's `flag` package does, which platforms write them for: `-flag`, `--flag`, `-flag=value` and
 * `-flag value`; a boolean takes its value only after `=`; flags end at the first argument that is none, or after `--`.
 */
export function parseFlags(args: readonly string[], definitions: readonly FlagDefinition[]): ParsedFlags {
  const values = new Map<string, FlagValue>();
  const open = [...args];
  while (open[0] !== undefined && open[0].length > 1 && open[0].startsWith('-')) {
    const argument = open.shift()!;
    if (argument === '--') break;
    const [, name = '', equals, given] = /^--?([^=]*)(=?)([^]*)$/.exec(argument) ?? [];
    if (name === '' || name.startsWith('-')) return wrong(`bad flag syntax: ${argument}`);
    const definition = definitions.find(({ flag }) => flag === name);
    if (definition === undefined) return name === 'h' || name === 'help' ? { kind: 'help' } : wrong(`flag provided but not defined: -${name}`);
    let text = equals === '=' ? given! : undefined;
    if (text === undefined) text = definition.kind === 'boolean' ? 'true' : open.shift();
    if (text === undefined) return wrong(`flag needs an argument: -${name}`);
    const value = parseValue(definition.kind, text);
    if (value === undefined) return wrong(`invalid ${definition.kind === 'boolean' ? 'boolean ' : ''}value "${text}" for flag -${name}: parse error`);
    values.set(name, definition.kind === 'list' ? [...((values.get(name) as readonly string[] | undefined) ?? []), text] : value);
  }
  return { kind: 'parsed', values, positional: open };
}

function wrong(problem: string): ParsedFlags {
  return { kind: 'wrong', problem };
}

/** The value of a flag or variable; undefined when it cannot be read. */
export function parseValue(kind: FlagDefinition['kind'], text: string): FlagValue | undefined {
  switch (kind) {
    case 'boolean':
      return parseBoolean(text);
    case 'integer':
      return parseInteger(text);
    case 'list':
      return text.split(',');
    case 'milliseconds':
      return parseDuration(text);
    case 'path':
    case 'text':
      return text;
  }
}

/** Go's `strconv.ParseBool`. */
function parseBoolean(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text) ? false : undefined;
}

function parseInteger(text: string): number | undefined {
  if (!/^[+-]?(?:\d+|0x[\da-f]+|0o[0-7]+|0b[01]+)$/i.test(text)) return undefined;
  const value = Number(text.replace(/^[+-]/, '')) * (text.startsWith('-') ? -1 : 1);
  return Number.isSafeInteger(value) ? value : undefined;
}

const UNITS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's `time.ParseDuration`, in milliseconds. */
function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
}
