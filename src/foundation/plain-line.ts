const MOST_PLAIN = 4096;

/** Whether a value from outside is one line of text without control characters. */
export function isPlainText(value: unknown): value is string {
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  return typeof value === 'string' && value.length <= MOST_PLAIN && !/[\u0000-\u001f\u007f-\u009f]/u.test(value);
}

/** Words of a server, fit for a message on a terminal: one line without control characters, and not too long. */
export function plainLine(text: string, maximumCharacters: number): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is removed
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.slice(0, maximumCharacters);
}
