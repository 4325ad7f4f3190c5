import type { SpecValue } from './fields.ts';
import { GoStruct, formatGoJson, sortedMembers, wellFormed } from '../foundation/index.ts';
import type { GoValue } from '../foundation/index.ts';

/** A string that is written as JSON: the reference does so for `command` alone. */
export class JsonText {
  readonly text: string;

  constructor(value: string | readonly string[]) {
    // With a space after each comma, where Go's own JSON has none.
    this.text = typeof value === 'string' ? formatGoJson(value) : `[${value.map(formatGoJson).join(', ')}]`;
  }
}

export type GoTomlValue = GoValue | JsonText | GoTomlStruct | readonly GoTomlStruct[];

/** A struct of {@link formatGoToml}: members in order, undefined ones left out. */
export interface GoTomlStruct {
  readonly [key: string]: GoTomlValue | undefined;
}

/**
 * TOML as the reference lifecycle writes it: plain members first, then tables, two spaces of indent for each level.
 * metadata.toml is a file of a layer, so an equal diff ID needs equal bytes.
 */
export function formatGoToml(table: GoTomlStruct): string {
  const lines: string[] = [];
  writeTable(lines, Object.entries(table), [], 0);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

type Member = readonly [string, GoTomlValue | undefined];

function writeTable(lines: string[], members: readonly Member[], path: readonly string[], depth: number): void {
  const present = members.filter((member): member is readonly [string, GoTomlValue] => member[1] !== undefined && member[1] !== null);
  const indent = '  '.repeat(depth);
  for (const [key, value] of present) {
    if (!isTable(value) && !isTableList(value)) lines.push(`${indent}${formatKey(key)} = ${formatInline(value)}`);
  }
  for (const [key, value] of present) {
    const name = [...path, formatKey(key)];
    if (isTableList(value)) {
      for (const item of value) {
        if (lines.length > 0) lines.push('');
        lines.push(`${'  '.repeat(name.length - 1)}[[${name.join('.')}]]`);
        writeTable(lines, membersOf(item), name, name.length);
      }
    } else if (isTable(value)) {
      if (path.length === 0 && lines.length > 0) lines.push('');
      lines.push(`${'  '.repeat(name.length - 1)}[${name.join('.')}]`);
      writeTable(lines, membersOf(value), name, name.length);
    }
  }
}

type TableValue = GoStruct | GoTomlStruct;

function isTable(value: GoTomlValue): value is TableValue & GoTomlValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date) && !(value instanceof JsonText);
}

function isTableList(value: GoTomlValue): value is GoTomlValue & readonly TableValue[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isTable(item as GoTomlValue));
}

function membersOf(table: TableValue): readonly Member[] {
  if (table instanceof GoStruct) return table.members;
  // A free table has no prototype: it is a Go map, whose keys are sorted.
  return Object.getPrototypeOf(table) === null ? sortedMembers(table as Readonly<Record<string, SpecValue>>) : Object.entries(table);
}

function formatInline(value: GoTomlValue): string {
  if (value instanceof JsonText) return value.text;
  if (typeof value === 'string') return formatString(value);
  if (value instanceof Date) return value.toISOString().replace(/\.?0*Z$/, 'Z');
  if (Array.isArray(value))
    return `[${(value as readonly (GoTomlValue | null)[])
      .filter((item) => item !== null)
      .map(formatInline)
      .join(', ')}]`;
  if (isTable(value)) {
    const members = membersOf(value).filter((member): member is readonly [string, GoTomlValue] => member[1] !== undefined && member[1] !== null);
    return `{${members.map(([key, member]) => `${formatKey(key)} = ${formatInline(member)}`).join(', ')}}`;
  }
  // As an integer it could be more than TOML's 64 bits; the reference writes every number of a label as a float.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return value.toExponential();
  return String(value)
    .replace(/^(-?)Infinity$/, '$1inf')
    .replace('NaN', 'nan');
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r' };

function formatString(text: string): string {
  const escape = (character: string): string => ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  // eslint-disable-next-line no-control-regex -- control characters are what is escaped
  return `"${wellFormed(text).replace(/["\\\u0000-\u001f\u007f]/g, escape)}"`;
}

function formatKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : formatString(key);
}
