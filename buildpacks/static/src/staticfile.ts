import { staticfileInvalid } from './errors.ts';

/** A Staticfile, taken apart. */
export interface Staticfile {
  readonly values: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
  /** `status_codes`: status to path. */
  readonly statusCodes: ReadonlyMap<string, string>;
}

const KEYS = [
  'root',
  'directory',
  'pushstate',
  'http_strict_transport_security',
  'http_strict_transport_security_include_subdomains',
  'force_https',
  'host_dot_files',
  'location_include',
];

/**
 * Reads a Staticfile: `key: value` lines, and below `status_codes:` indented ones. The rest of YAML is refused rather than
 * misunderstood. Throws `STATIC_STATICFILE_INVALID` with the number of the line.
 */
export function parseStaticfile(text: string): Staticfile {
  const values = new Map<string, { value: string; line: number }>();
  const statusCodes = new Map<string, string>();
  let inCodes = false;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const content = raw.replace(/(?:^|\s)#.*$/, '').trimEnd();
    if (content.trim() === '' || content === '---') continue;
    const match = /^(\s*)([A-Za-z0-9_]+)\s*:\s*(.*)$/.exec(content);
    if (match === null) throw staticfileInvalid(line, `"${content.trim()}" is not "key: value"`);
    const [, indent, key, written] = match as unknown as [string, string, string, string];
    const value = written.replace(/^(["'])(.*)\1$/, '$2');
    if (indent !== '' && inCodes) {
      if (!/^[45]\d\d$/.test(key) || !value.startsWith('/'))
        throw staticfileInvalid(line, `"${content.trim()}" is not a status and a path such as "404: /404.html"`);
      statusCodes.set(key, value);
      continue;
    }
    if (indent !== '') throw staticfileInvalid(line, 'a line is indented that belongs to nothing');
    inCodes = key === 'status_codes';
    if (inCodes) continue;
    if (!KEYS.includes(key)) throw staticfileInvalid(line, `"${key}" is no setting, want one of ${KEYS.join(', ')}, status_codes`);
    if (value !== '') values.set(key, { value, line });
  }
  return { values, statusCodes };
}
