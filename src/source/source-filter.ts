import ignore from 'ignore';
import { TspackError } from '../foundation/index.ts';

/** What of a source folder is taken. Patterns are in gitignore syntax. */
export interface SourceFilter {
  /** Patterns of what is left out; those that begin with `!` take it back, also below a folder that is left out. */
  readonly exclude?: readonly string[];
  /** Patterns of what alone is taken; not together with `exclude` (project-descriptor.md). */
  readonly include?: readonly string[];
  /** Folders that are never taken, should they lie in the source: tspack's own data. */
  readonly without?: readonly string[];
}

/** A filter ready to be asked about paths relative to the source, with `/` between parts. */
export interface CompiledFilter {
  takes(path: string, isDirectory: boolean): boolean;
  /** Whether something below this folder may be taken though the folder itself is not. */
  mayTakeBelow(path: string): boolean;
}

/** Version control's own folders: no part of an application, and different on every machine. A pattern that names one takes it. */
const LEFT_OUT = ['.git', '.hg', '.svn'];

interface Rule {
  readonly negated: boolean;
  matches(path: string, isDirectory: boolean): boolean;
}

/** Throws `SOURCE_FILTER_INVALID` for `include` beside `exclude`. */
export function compileFilter({ include, exclude }: SourceFilter): CompiledFilter {
  if (include !== undefined && exclude !== undefined) {
    throw new TspackError({ code: 'SOURCE_FILTER_INVALID', message: 'Cannot use include and exclude together: want one of them' });
  }
  if (include !== undefined) {
    const rules = include.flatMap(parseRule);
    const named = include.map((pattern) => pattern.replace(/^\//, '').split('/')[0]);
    const leftOut = LEFT_OUT.filter((folder) => !named.includes(folder));
    const isLeftOut = (path: string) => leftOut.some((folder) => isWithin(path, folder));
    return { takes: (path, isDirectory) => !isLeftOut(path) && lastMatch(rules, path, isDirectory), mayTakeBelow: (path) => !isLeftOut(path) };
  }
  const always: Rule = { negated: false, matches: (path) => LEFT_OUT.some((folder) => isWithin(path, folder)) };
  const rules = [always, ...(exclude ?? []).flatMap(parseRule)];
  const takesBack = rules.some(({ negated }) => negated);
  return { takes: (path, isDirectory) => !lastMatch(rules, path, isDirectory), mayTakeBelow: () => takesBack };
}

/** As in gitignore, the last pattern that matches decides. */
function lastMatch(rules: readonly Rule[], path: string, isDirectory: boolean): boolean {
  const rule = rules.findLast((each) => each.matches(path, isDirectory));
  return rule !== undefined && !rule.negated;
}

/**
 * Each pattern is asked alone, because git never takes back what lies below a folder that is left out, while pack does:
 * `*` and `!src` are meant to leave `src`. None for comments and empty lines.
 */
function parseRule(pattern: string): readonly Rule[] {
  const negated = pattern.startsWith('!');
  const text = negated ? pattern.slice(1) : pattern;
  if (text.trim() === '' || text.startsWith('#')) return [];
  const matcher = ignore().add(text);
  return [{ negated, matches: (path, isDirectory) => matcher.ignores(isDirectory ? `${path}/` : path) }];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
