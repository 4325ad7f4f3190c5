export interface SubordinateRange {
  readonly start: number;
  readonly count: number;
}

/** The ranges that /etc/subuid or /etc/subgid gives to a user, under any of his names; the largest first (subuid(5)). */
export function userRanges(text: string | undefined, names: readonly string[]): readonly SubordinateRange[] {
  return (text ?? '')
    .split('\n')
    .map((line) => line.trim().split(':'))
    .filter(([name, start = '', count = '']) => names.includes(name ?? '') && /^\d+$/u.test(start) && /^\d+$/u.test(count))
    .map(([, start, count]) => ({ start: Number(start), count: Number(count) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}
