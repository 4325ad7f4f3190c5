/** Reads a properties file (java.util.Properties): `name=value`, `name: value` or `name value`, comments, continued lines, escapes. */
export function parseProperties(text: string): Readonly<Record<string, string | undefined>> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  const lines = text.replace(/\r\n?/g, '\n').replace(/(?<!\\)((?:\\\\)*)\\\n[ \t\f]*/g, '$1');
  for (const line of lines.split('\n')) {
    const content = line.trimStart();
    if (content === '' || content.startsWith('#') || content.startsWith('!')) continue;
    const match = /^((?:\\.|[^\\=:\s])+)[ \t\f]*[=:]?[ \t\f]*(.*)$/.exec(content);
    if (match !== null) found[unescape(match[1]!)] = unescape(match[2]!).trimEnd();
  }
  return found;
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_whole, code: string | undefined, character: string) =>
    code === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
