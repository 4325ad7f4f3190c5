import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFile } from '../../../src/sdk/index.ts';
import { moduleFileInvalid, moduleMissing } from './errors.ts';

/** A directive of go.mod or go.work, and where it stands: `go 1.26.0` at `go.mod:5`. */
export interface Directive {
  readonly value: string;
  readonly source: string;
}

/** What the buildpack needs to know of go.mod or go.work before there is a `go` to ask. */
export interface ModuleFile {
  readonly file: 'go.mod' | 'go.work';
  /** Path of the module; undefined in go.work. */
  readonly module: string | undefined;
  readonly go: Directive | undefined;
  readonly toolchain: Directive | undefined;
  /** Folders of a workspace, as go.work writes them. */
  readonly uses: readonly string[];
}

/** go.work, else go.mod, of the application. Throws `GO_MODULE_MISSING` without either, `GO_MOD_INVALID` with file and line for what is certainly wrong. */
export function readModuleFile(applicationDirectory: string): ModuleFile {
  for (const file of ['go.work', 'go.mod'] as const) {
    const path = join(applicationDirectory, file);
    if (isFile(path)) return parseModuleFile(readFileSync(path, 'utf8'), file);
  }
  throw moduleMissing();
}

const KNOWN = {
  'go.mod': ['module', 'go', 'toolchain', 'godebug', 'require', 'exclude', 'replace', 'retract', 'tool', 'ignore'],
  'go.work': ['go', 'toolchain', 'godebug', 'use', 'replace'],
} as const;

/** Reads the directives that choose a version; the rest of the grammar is left to `go`, which is asked later (https://go.dev/ref/mod#go-mod-file). */
export function parseModuleFile(text: string, file: 'go.mod' | 'go.work'): ModuleFile {
  const found = new Map<string, Directive>();
  const uses: string[] = [];
  let block: { readonly name: string; readonly line: number } | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    const words = raw
      .replace(/(^|\s)\/\/.*$/, '')
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
    const [first, second] = words;
    if (first === undefined) continue;
    if (block !== undefined) {
      if (first === ')') block = undefined;
      else if (block.name === 'use') uses.push(unquoted(first));
      continue;
    }
    const name = first.replace(/\($/, '');
    if (!(KNOWN[file] as readonly string[]).includes(name)) throw moduleFileInvalid(`${file}:${line}`, `"${first}" is no directive`);
    if (words.at(-1)!.endsWith('(')) block = { name, line };
    else if (second === undefined) throw moduleFileInvalid(`${file}:${line}`, `"${name}" has no value`);
    else if (name === 'use') uses.push(unquoted(second));
    else if (name === 'module' || name === 'go' || name === 'toolchain') {
      const earlier = found.get(name);
      if (earlier !== undefined) throw moduleFileInvalid(`${file}:${line}`, `"${name}" is repeated; it is in ${earlier.source} already`);
      found.set(name, { value: unquoted(second), source: `${file}:${line}` });
    }
  }
  if (block !== undefined) throw moduleFileInvalid(`${file}:${block.line}`, `the block "${block.name} (" does not end`);
  if (file === 'go.mod' && !found.has('module')) throw moduleFileInvalid(file, 'it has no "module" line');
  return { file, module: found.get('module')?.value, go: found.get('go'), toolchain: found.get('toolchain'), uses };
}

function unquoted(word: string): string {
  return word.replace(/^(["`])(.*)\1$/, '$2');
}
