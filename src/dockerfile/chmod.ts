/**
 * `--chmod`: octal bits, or what `chmod` takes, such as `u=rwX,go-w`. undefined when it is neither. Set as the
 * permission bits of files and folders alike.
 */
export function parseChmod(text: string): ((mode: number, isDirectory: boolean) => number) | undefined {
  if (/^0?[0-7]{1,4}$/u.test(text)) return () => parseInt(text, 8);
  const clauses = text.split(',').map(parseClause);
  if (clauses.some((clause) => clause === undefined)) return undefined;
  return (mode, isDirectory) => clauses.reduce((changed, clause) => clause!(changed, isDirectory), mode);
}

const WHO: Readonly<Record<string, { readonly bits: number; readonly special: number }>> = {
  u: { bits: 0o700, special: 0o4000 },
  g: { bits: 0o070, special: 0o2000 },
  o: { bits: 0o007, special: 0 },
};

function parseClause(text: string): ((mode: number, isDirectory: boolean) => number) | undefined {
  const match = /^([ugoa]*)([-+=])([rwxXst]*)$/u.exec(text);
  if (match === null) return undefined;
  const [, who = '', operator, permissions = ''] = match;
  const classes = who === '' || who.includes('a') ? ['u', 'g', 'o'] : [...who];
  return (mode, isDirectory) => {
    const canExecute = isDirectory || (mode & 0o111) !== 0;
    const each =
      (permissions.includes('r') ? 0o444 : 0) |
      (permissions.includes('w') ? 0o222 : 0) |
      (permissions.includes('x') || (permissions.includes('X') && canExecute) ? 0o111 : 0);
    let mask = 0;
    let bits = 0;
    for (const name of classes) {
      const { bits: own, special } = WHO[name]!;
      mask |= own | special;
      bits |= (each & own) | (permissions.includes('s') ? special : 0);
    }
    if (permissions.includes('t')) bits |= 0o1000;
    if (operator === '+') return mode | bits;
    return operator === '-' ? mode & ~bits : (mode & ~mask) | bits;
  };
}
