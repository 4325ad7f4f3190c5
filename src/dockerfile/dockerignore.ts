import { posix } from 'node:path';
import { compileGlob } from './glob.ts';

/** Whether a path of the context is left out. */
export interface IgnoreRules {
  /** `path` is relative, with `/` between parts. */
  ignores(path: string): boolean;
  /** Nothing below an ignored folder can be taken: no rule takes anything back. */
  readonly mayPrune: boolean;
}

export const NOTHING_IGNORED: IgnoreRules = { ignores: () => false, mayPrune: true };

interface Rule {
  readonly expression: RegExp;
  readonly negated: boolean;
}

/**
 * The rules of a `.dockerignore` (Dockerfile reference, ".dockerignore file"): one pattern a line from the root of the
 * context, `#` comments, `!` takes back, the last match decides, and what lies in an ignored folder is ignored. A
 * malformed pattern matches nothing.
 */
export function parseDockerignore(text: string): IgnoreRules {
  const rules = text.split('\n').flatMap((line): readonly Rule[] => {
    const trimmed = line.replace(/\r$/u, '').trim();
    if (trimmed === '' || line.startsWith('#')) return [];
    const negated = trimmed.startsWith('!');
    const pattern = posix.normalize((negated ? trimmed.slice(1) : trimmed).trim()).replace(/^\/+|\/+$/gu, '');
    const expression = pattern === '' || pattern === '.' ? undefined : compileGlob(pattern);
    return expression === undefined ? [] : [{ expression, negated }];
  });
  if (rules.length === 0) return NOTHING_IGNORED;
  return {
    ignores(path) {
      const parts = path.split('/');
      const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
      return rules.reduce((ignored, { expression, negated }) => (prefixes.some((prefix) => expression.test(prefix)) ? !negated : ignored), false);
    },
    mayPrune: !rules.some(({ negated }) => negated),
  };
}
