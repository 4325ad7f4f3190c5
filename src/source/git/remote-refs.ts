/** What `git ls-remote --symref` says of a repository. */
export interface RemoteRefs {
  /** The branch that HEAD is, in full. */
  readonly head?: string;
  /** The commit of each ref, annotated tags followed to theirs. */
  readonly commits: ReadonlyMap<string, string>;
}

/** What is to be checked out: one ref of the repository, or a commit that need not be the tip of any. */
export type WantedCommit = { readonly kind: 'ref'; readonly name: string; readonly commit: string } | { readonly kind: 'commit'; readonly prefix: string };

export function parseRemoteRefs(output: string): RemoteRefs {
  const commits = new Map<string, string>();
  let head: string | undefined;
  for (const line of output.split('\n')) {
    const [value = '', name] = line.split('\t');
    if (name === undefined) continue;
    if (value.startsWith('ref: ')) head = name === 'HEAD' ? value.slice('ref: '.length) : head;
    // The line of a peeled tag follows that of the tag itself.
    else commits.set(name.replace(/\^\{\}$/, ''), value);
  }
  return { ...(head === undefined ? {} : { head }), commits };
}

/** A branch goes before a tag of its name, as `git clone --branch` has it. Undefined when there is nothing of that name. */
export function findWanted({ head, commits }: RemoteRefs, ref: string | undefined): WantedCommit | undefined {
  const candidates = ref === undefined ? [head ?? 'HEAD', 'HEAD'] : [`refs/heads/${ref}`, `refs/tags/${ref}`, ref];
  for (const name of candidates) {
    const commit = commits.get(name);
    if (commit !== undefined) return { kind: 'ref', name, commit };
  }
  return ref !== undefined && /^[0-9a-f]{7,64}$/i.test(ref) ? { kind: 'commit', prefix: ref.toLowerCase() } : undefined;
}

/** Short names of branches and tags. */
export function shortNames({ commits }: RemoteRefs): readonly string[] {
  return [...commits.keys()].flatMap((name) => /^refs\/(?:heads|tags)\/(.+)$/.exec(name)?.[1] ?? []);
}

/** Full names of the tags of a commit. */
export function tagsOfCommit({ commits }: RemoteRefs, commit: string): readonly string[] {
  return [...commits].filter(([name, tagged]) => tagged === commit && name.startsWith('refs/tags/')).map(([name]) => name);
}
