import { compare, satisfies, valid, validRange } from '@renovatebot/pep440';

/** Whether the text is a version of PEP 440. */
export function isVersion(text: string): boolean {
  return valid(text) !== null;
}

/** Whether the text is a list of version specifiers of PEP 440, such as `>=3.11,<4`; the empty list is one. */
export function isSpecifier(text: string): boolean {
  return text.trim() === '' || validRange(text);
}

/** Whether the version is among those that the specifiers allow, prereleases too: a lockfile may hold them. */
export function versionSatisfies(version: string, specifier: string): boolean {
  return specifier.trim() === '' || satisfies(version, specifier, { prereleases: true });
}

/** Negative when a is older than b (PEP 440). Throws on texts that are no versions. */
export function comparePythonVersions(a: string, b: string): number {
  return compare(a, b);
}

/** A project's name in the one form that names are compared in (PEP 503). */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/**
 * A constraint in Poetry's words as alternatives of PEP 440 specifiers: `^3.11` is `[">=3.11,<4"]`, `~2.7 || ^3.2` has two; undefined
 * when it is none. An empty specifier allows everything.
 */
export function fromPoetryConstraint(text: string): readonly string[] | undefined {
  const alternatives = text.split(/\|\|?/).map((alternative) => {
    const parts = alternative
      .trim()
      .split(/\s*,\s*|(?<=[\w*])\s+(?=[\^~<>=!\d*])/)
      .map((part) => onePart(part.trim()));
    return parts.includes(undefined) ? undefined : parts.filter((part) => part !== '').join(',');
  });
  return alternatives.includes(undefined) ? undefined : (alternatives as string[]);
}

/** Whether the version is in one of the alternatives of {@link fromPoetryConstraint}. */
export function satisfiesPoetryConstraint(version: string, text: string): boolean {
  return fromPoetryConstraint(text)?.some((specifier) => versionSatisfies(version, specifier)) ?? true;
}

function onePart(part: string): string | undefined {
  if (part === '' || part === '*' || part === 'x') return '';
  const caretOrTilde = /^([\^~])\s*v?(\d+(?:\.\d+)*)(\S*)$/.exec(part);
  if (caretOrTilde !== null && !part.startsWith('~=')) {
    const [, operator, release, rest] = caretOrTilde as unknown as [string, string, string, string];
    const numbers = release.split('.').map(Number);
    return `>=${release}${rest},<${(operator === '^' ? afterCaret(numbers) : afterTilde(numbers)).join('.')}`;
  }
  const specifier = /^\d/.test(part) ? `==${part}` : part.replace(/^=(?=\d)/, '==').replace(/^((?:[<>!=~]=?|===))\s+/, '$1');
  return isSpecifier(specifier) ? specifier : undefined;
}

/** The first version that `^` no longer allows: the leftmost number that is not zero may not change. */
function afterCaret(numbers: readonly number[]): readonly number[] {
  const first = numbers.findIndex((number) => number !== 0);
  const at = first === -1 ? numbers.length - 1 : first;
  return [...numbers.slice(0, at), numbers[at]! + 1];
}

function afterTilde(numbers: readonly number[]): readonly number[] {
  return numbers.length === 1 ? [numbers[0]! + 1] : [numbers[0]!, numbers[1]! + 1];
}
