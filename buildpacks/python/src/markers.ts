import { compare } from '@renovatebot/pep440';
import { isSpecifier, isVersion, normalizeName, versionSatisfies } from './specifiers.ts';

/** The values that markers ask for (PEP 508, "Environment Markers"). */
export type MarkerEnvironment = Readonly<Record<string, string>>;

/** A condition on the environment: `python_version < "3.12" and extra == "web"`. */
export type Marker =
  | { readonly kind: 'and'; readonly left: Marker; readonly right: Marker }
  | { readonly kind: 'or'; readonly left: Marker; readonly right: Marker }
  | { readonly kind: 'compare'; readonly left: MarkerOperand; readonly operator: string; readonly right: MarkerOperand };

/** A name of the environment, or a text. */
export interface MarkerOperand {
  readonly variable: boolean;
  readonly value: string;
}

const MACHINES: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };

/** What markers see on Linux with CPython of the version, on a machine of the architecture (`amd64`, `arm64`). */
export function markerEnvironment(pythonVersion: string, architecture: string): MarkerEnvironment {
  const [major = '3', minor = '0'] = pythonVersion.split('.');
  return {
    implementation_name: 'cpython',
    implementation_version: pythonVersion,
    os_name: 'posix',
    platform_machine: MACHINES[architecture] ?? architecture,
    platform_python_implementation: 'CPython',
    platform_release: '',
    platform_system: 'Linux',
    platform_version: '',
    python_full_version: pythonVersion,
    python_version: `${major}.${minor}`,
    sys_platform: 'linux',
  };
}

/** Whether the marker holds. `extras` are those that are asked for: `extra == "web"` holds when `web` is among them. */
export function evaluateMarker(marker: Marker, environment: MarkerEnvironment, extras: readonly string[] = []): boolean {
  if (marker.kind === 'and') return evaluateMarker(marker.left, environment, extras) && evaluateMarker(marker.right, environment, extras);
  if (marker.kind === 'or') return evaluateMarker(marker.left, environment, extras) || evaluateMarker(marker.right, environment, extras);
  const { left, operator, right } = marker;
  const extra = [left, right].find(({ variable, value }) => variable && (value === 'extra' || value === 'extras'));
  if (extra !== undefined) return compareExtra(extra === left ? right.value : left.value, operator, extras);
  const valueOf = ({ variable, value }: MarkerOperand) => (variable ? (environment[value] ?? '') : value);
  return compareValues(valueOf(left), operator, valueOf(right));
}

function compareExtra(wanted: string, operator: string, extras: readonly string[]): boolean {
  const asked = extras.map(normalizeName).includes(normalizeName(wanted));
  return operator === '!=' || operator === 'not in' ? !asked : asked;
}

function compareValues(left: string, operator: string, right: string): boolean {
  if (operator === 'in') return right.includes(left);
  if (operator === 'not in') return !right.includes(left);
  if (isVersion(left) && isSpecifier(`${operator}${right}`)) return versionSatisfies(left, `${operator}${right}`);
  // A version on the left of a name: `"3.8" <= python_version`.
  if (isVersion(left) && isVersion(right)) return order(compare(left, right), operator);
  return order(left < right ? -1 : left > right ? 1 : 0, operator);
}

function order(result: number, operator: string): boolean {
  switch (operator) {
    case '<':
      return result < 0;
    case '<=':
      return result <= 0;
    case '>':
      return result > 0;
    case '>=':
      return result >= 0;
    case '!=':
      return result !== 0;
    default:
      return result === 0;
  }
}

const TOKEN = /\s*(?:(\(|\)|===|[<>=!~]=|[<>])|"([^"]*)"|'([^']*)'|([A-Za-z_][A-Za-z0-9_.]*))/y;
/** Names of an older standard that files still hold (PEP 345). */
const OLD_NAMES: Readonly<Record<string, string>> = {
  'os.name': 'os_name',
  'sys.platform': 'sys_platform',
  'platform.machine': 'platform_machine',
  'platform.python_implementation': 'platform_python_implementation',
  'platform.version': 'platform_version',
  python_implementation: 'platform_python_implementation',
};

/** Parses a marker; undefined when the text is none. */
export function parseMarker(text: string): Marker | undefined {
  const tokens = tokenize(text);
  if (tokens === undefined) return undefined;
  let at = 0;
  const word = (value: string) => {
    const token = tokens[at];
    if (token?.text !== value || token.quoted) return false;
    at++;
    return true;
  };
  const operand = (): MarkerOperand | undefined => {
    const token = tokens[at];
    if (token === undefined || (!token.quoted && !/^[A-Za-z_]/.test(token.text))) return undefined;
    at++;
    return { variable: !token.quoted, value: token.quoted ? token.text : (OLD_NAMES[token.text] ?? token.text) };
  };
  const comparison = (): Marker | undefined => {
    if (word('(')) {
      const inner = either();
      return word(')') ? inner : undefined;
    }
    const left = operand();
    const operator = word('not') ? (word('in') ? 'not in' : undefined) : tokens[at++]?.text;
    const right = operand();
    if (left === undefined || right === undefined || operator === undefined || !/^(?:[<>=!~]=|[<>]|===|in|not in)$/.test(operator)) return undefined;
    return { kind: 'compare', left, operator, right };
  };
  const chain = (kind: 'and' | 'or', part: () => Marker | undefined) => (): Marker | undefined => {
    let left = part();
    while (left !== undefined && word(kind)) {
      const right = part();
      left = right === undefined ? undefined : { kind, left, right };
    }
    return left;
  };
  const either: () => Marker | undefined = chain('or', chain('and', comparison));
  const marker = either();
  return at === tokens.length ? marker : undefined;
}

function tokenize(text: string): readonly { text: string; quoted: boolean }[] | undefined {
  const tokens: { text: string; quoted: boolean }[] = [];
  const end = text.trimEnd().length;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < end;) {
    const match = TOKEN.exec(text);
    if (match === null) return undefined;
    const [, symbol, double, single, name] = match;
    tokens.push({ text: symbol ?? double ?? single ?? name!, quoted: symbol === undefined && name === undefined });
  }
  return tokens.length === 0 ? undefined : tokens;
}
