/** One expression for whole paths that any of the globs matches (`*` and `?` within a name, `**` across folders); undefined without globs. */
export function compileGlobs(globs: readonly string[] | undefined): RegExp | undefined {
  if (globs === undefined || globs.length === 0) return undefined;
  return new RegExp(`^(?:${globs.map(globSource).join('|')})$`, 's');
}

function globSource(glob: string): string {
  return glob
    .split(/(\*\*|\*|\?)/)
    .map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : part === '?' ? '[^/]' : part.replace(/[\\^$.|+()[\]{}]/g, '\\$&')))
    .join('');
}
