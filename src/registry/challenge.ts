/** How a registry wants to be asked (RFC 9110 section 11.6.1, distribution auth `token.md`). */
export type Challenge =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer';
      /** Address of the token server. */
      readonly realm: string;
      readonly service: string | undefined;
      /** What the refused request needed, space separated. */
      readonly scope: string | undefined;
      readonly error: string | undefined;
    };

/** Reads `WWW-Authenticate` fields: Bearer when offered, else Basic, else undefined. */
export function parseChallenge(fields: readonly string[]): Challenge | undefined {
  const offers = fields.flatMap(splitChallenges);
  const bearer = offers.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'));
  if (bearer !== undefined) {
    const { parameters } = bearer;
    return {
      scheme: 'bearer',
      realm: parameters.get('realm')!,
      service: parameters.get('service'),
      scope: parameters.get('scope'),
      error: parameters.get('error'),
    };
  }
  return offers.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined;
}

/** One field may carry several challenges, separated by the same commas that separate their parameters. */
function splitChallenges(field: string): { scheme: string; parameters: Map<string, string> }[] {
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  const token = /\s*,?\s*(?:([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([A-Za-z0-9_-]+)(?=\s|,|$))/y;
  for (let match = token.exec(field); match !== null && match[0] !== ''; match = token.exec(field)) {
    const [, key, quoted, bare, scheme] = match;
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else found.at(-1)?.parameters.set(key!.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  }
  return found;
}
