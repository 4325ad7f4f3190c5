import { compileGlobs } from '../foundation/index.ts';

/** What to change while unpacking, as plain data: it is posted to a worker thread. All paths are relative to the root. */
export interface ExtractRules {
  /**
   * Folders that lie elsewhere: `{ from: 'lib', to: 'usr/lib' }` moves the folder and what is below it, also where hard
   * links point. A symbolic link at `from` itself stays (base-files brings `lib -> usr/lib`).
   */
  readonly renames?: readonly { readonly from: string; readonly to: string }[];
  /** Globs of paths after renaming that are left out: `*` within a name, `**` across folders. `usr/share/man/**`. */
  readonly drop?: readonly string[];
  /** Globs that win over `drop`. */
  readonly keep?: readonly string[];
}

/** {@link ExtractRules}, ready to be asked. */
export interface CompiledRules {
  /** Where a path goes; undefined when it is left out. */
  target(path: string, isSymlink: boolean): string | undefined;
  renamed(path: string, isSymlink: boolean): string;
}

export function compileRules(rules: ExtractRules): CompiledRules {
  const renames = rules.renames ?? [];
  const drop = compileGlobs(rules.drop);
  const keep = compileGlobs(rules.keep);
  const renamed = (path: string, isSymlink: boolean) => {
    for (const { from, to } of renames) {
      if (path === from && !isSymlink) return to;
      if (path.startsWith(`${from}/`)) return to + path.slice(from.length);
    }
    return path;
  };
  return {
    renamed,
    target: (path, isSymlink) => {
      const place = renamed(path, isSymlink);
      return drop?.test(place) === true && keep?.test(place) !== true ? undefined : place;
    },
  };
}
