/** Query keys whose values may be shown; every other query value in a URL is replaced. */
const SHOWN_QUERY_KEYS = new Set(['scope', 'service', 'digest', 'mount', 'from', 'n', 'last', 'names', 'account']);

const secrets = new Set<string>();

/**
 * Remembers a value that must never be shown. Values shorter than six characters are ignored, because
 * replacing them would garble ordinary text.
 */
export function registerSecret(value: string): void {
  if (value.length >= 6) secrets.add(value);
}

/** Removes user info and unknown query values of URLs, authorization headers, and registered secrets from a text. */
export function redact(text: string): string {
  let shown = text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, '$1***@')
    .replace(/\b(Basic|Bearer)\s+[A-Za-z0-9+/._~=-]{6,}/g, '$1 ***')
    .replace(/([?&])([A-Za-z0-9_.-]+)=([^&\s"']*)/g, (whole, lead: string, key: string) =>
      SHOWN_QUERY_KEYS.has(key.toLowerCase()) ? whole : `${lead}${key}=***`,
    );
  for (const secret of secrets) shown = shown.replaceAll(secret, '***');
  return shown;
}
