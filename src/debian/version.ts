/**
 * Compares two Debian versions: negative when `a` is older, 0 when equal, positive when newer
 * (deb-version(7): epoch, upstream version and revision; `~` sorts before the end of the text).
 */
export function compareVersions(a: string, b: string): number {
  const left = split(a);
  const right = split(b);
  return compareDigits(left.epoch, right.epoch) || compareParts(left.upstream, right.upstream) || compareParts(left.revision, right.revision);
}

/** A relation of a dependency field; `<` and `>` are the obsolete spellings of `<=` and `>=`. */
export type VersionRelation = '<<' | '<=' | '=' | '>=' | '>>';

/** Whether `version relation wanted` holds. */
export function satisfiesVersion(version: string, relation: VersionRelation, wanted: string): boolean {
  const order = compareVersions(version, wanted);
  switch (relation) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}

function split(version: string): { epoch: string; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? '0' : version.slice(0, colon),
    upstream: hyphen < 0 ? rest : rest.slice(0, hyphen),
    revision: hyphen < 0 ? '' : rest.slice(hyphen + 1),
  };
}

/** Alternates between the longest parts without digits and the longest numbers. */
function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const order = rank(a, i) - rank(b, j);
      if (order !== 0) return order;
      i++;
      j++;
    }
    const left = numberAt(a, i);
    const right = numberAt(b, j);
    const order = compareDigits(left, right);
    if (order !== 0) return order;
    i += left.length;
    j += right.length;
  }
  return 0;
}

/** `~` before the end (and before digits, which end a part), then letters, then everything else. */
function rank(text: string, index: number): number {
  if (index >= text.length || isDigit(text, index)) return 0;
  const code = text.charCodeAt(index);
  if (code === 0x7e) return -1;
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) ? code : code + 256;
}

function numberAt(text: string, start: number): string {
  let end = start;
  while (end < text.length && isDigit(text, end)) end++;
  return text.slice(start, end);
}

/** As text, because a version may hold a number of any size. */
function compareDigits(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}
