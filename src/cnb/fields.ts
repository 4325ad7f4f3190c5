import { parseToml } from '../foundation/index.ts';
import { SpecFileError } from './spec-file-error.ts';
import type { SpecFileProblem } from './spec-file-error.ts';

/** A value as TOML or JSON hold it. */
export type SpecValue = string | number | bigint | boolean | null | Date | readonly SpecValue[] | { readonly [key: string]: SpecValue };
/** A free-form table, such as `[metadata]`. */
export interface SpecTable {
  readonly [key: string]: SpecValue;
}

/**
 * Reads the members of a table. A wrong type is remembered and a neutral value returned, so that
 * {@link decodeToml} can report everything at once. Unknown keys are ignored.
 */
export class Fields {
  readonly #table: object;
  readonly #path: string;
  readonly #problems: SpecFileProblem[];

  constructor(table: object, path: string, problems: SpecFileProblem[]) {
    this.#table = table;
    this.#path = path;
    this.#problems = problems;
  }

  /** The member as it is; undefined when absent. JSON's null counts as absent. */
  raw(key: string): unknown {
    // Object.hasOwn, because keys such as `constructor` must not be found on a prototype.
    if (!Object.hasOwn(this.#table, key)) return undefined;
    return (this.#table as Record<string, unknown>)[key] ?? undefined;
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined;
  }

  keys(): readonly string[] {
    return Object.keys(this.#table);
  }

  problem(key: string, problem: string): void {
    this.#problems.push({ keyPath: this.#at(key), problem });
  }

  string(key: string): string | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'string') return value;
    return this.#wrong(key, 'a string', value);
  }

  /** A string that must be there and not be empty. */
  requiredString(key: string): string {
    const value = this.raw(key);
    if (typeof value === 'string' && value !== '') return value;
    if (value === undefined || value === '') this.problem(key, 'is missing');
    else this.#wrong(key, 'a string', value);
    return '';
  }

  boolean(key: string): boolean | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.#wrong(key, 'true or false', value);
  }

  number(key: string): number | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'number') return value;
    return this.#wrong(key, 'a number', value);
  }

  strings(key: string): readonly string[] | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    return this.#wrong(key, 'a list of strings', value);
  }

  table(key: string): Fields | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (isTable(value)) return new Fields(value, this.#at(key), this.#problems);
    return this.#wrong(key, 'a table', value);
  }

  /** Each table of an array of tables; none when absent. */
  tables(key: string): readonly Fields[] {
    const value = this.raw(key);
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every(isTable)) {
      return value.map((item: object, index) => new Fields(item, `${this.#at(key)}[${index}]`, this.#problems));
    }
    this.#wrong(key, 'a list of tables', value);
    return [];
  }

  /** A free-form table, copied deeply so that it has no prototype and no undefined members. */
  freeTable(key: string): SpecTable | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (isTable(value)) return copyTable(value);
    return this.#wrong(key, 'a table', value);
  }

  /** As {@link freeTable}, for what goes on as JSON, which has neither `nan` nor `inf`. */
  jsonTable(key: string): SpecTable | undefined {
    const table = this.freeTable(key);
    if (table === undefined || isFinite(table)) return table;
    this.problem(key, 'holds a number that is not finite');
    return undefined;
  }

  #at(key: string): string {
    const shown = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
    return this.#path === '' ? shown : `${this.#path}.${shown}`;
  }

  #wrong(key: string, want: string, value: unknown): undefined {
    this.problem(key, `want ${want}, not ${kindOf(value)}`);
    return undefined;
  }
}

/** Decodes TOML text. Throws `TOML_INVALID` or a {@link SpecFileError} with every problem found. */
export function decodeToml<T>(text: string, file: string, read: (fields: Fields) => T): T {
  return decodeTable(parseToml(text, file), file, read);
}

/** Decodes JSON text. Throws a {@link SpecFileError}. */
export function decodeJson<T>(text: string, file: string, read: (fields: Fields) => T): T {
  const value = parseJson(text, file);
  if (!isTable(value)) throw new SpecFileError(file, [{ keyPath: '', problem: `want an object, not ${kindOf(value)}` }]);
  return decodeTable(value, file, read);
}

/** Decodes JSON text that is a list: to `read` it is the member `key` of a table. null is an empty one. Throws a {@link SpecFileError}. */
export function decodeJsonList<T>(text: string, file: string, key: string, read: (fields: Fields) => T): T {
  return decodeTable({ [key]: parseJson(text, file) ?? [] }, file, read);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SpecFileError(file, [{ keyPath: '', problem: `is not JSON: ${(error as Error).message}` }]);
  }
}

function decodeTable<T>(table: object, file: string, read: (fields: Fields) => T): T {
  if (isDeeperThan(table, MAXIMUM_DEPTH)) throw new SpecFileError(file, [{ keyPath: '', problem: `is nested more than ${MAXIMUM_DEPTH} levels deep` }]);
  const problems: SpecFileProblem[] = [];
  const value = read(new Fields(table, '', problems));
  if (problems.length > 0) throw new SpecFileError(file, problems);
  return value;
}

/** No file of the specs comes near, and everything after may recurse. */
const MAXIMUM_DEPTH = 200;

function isDeeperThan(value: object, limit: number): boolean {
  const open: (readonly [object, number])[] = [[value, 1]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [parent, depth] = next;
    if (depth > limit) return true;
    for (const member of Object.values(parent) as readonly unknown[]) if (typeof member === 'object' && member !== null) open.push([member, depth + 1]);
  }
  return false;
}

function isFinite(value: SpecValue): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return true;
  return (Object.values(value) as readonly SpecValue[]).every(isFinite);
}

function isTable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  return { string: 'a string', number: 'a number', bigint: 'a number', boolean: 'a boolean', object: 'a table' }[typeof value as string] ?? typeof value;
}

function copyTable(table: object): SpecTable {
  const copy = Object.create(null) as Record<string, SpecValue>;
  for (const [key, value] of Object.entries(table)) if (value !== undefined) copy[key] = copyValue(value);
  return copy;
}

function copyValue(value: unknown): SpecValue {
  if (Array.isArray(value)) return value.map(copyValue);
  return isTable(value) ? copyTable(value) : (value as SpecValue);
}

/** Lists without elements are written as if they were not there. */
export const unlessEmpty = <T>(list: readonly T[] | undefined): readonly T[] | undefined => (list?.length === 0 ? undefined : list);

/** An object without the members that are undefined; what `exactOptionalPropertyTypes` asks for. */
export function defined<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

/** The members that are there, for {@link formatToml} and JSON. */
export function present(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
