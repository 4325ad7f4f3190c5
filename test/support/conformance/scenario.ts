/** A buildpack of a scenario: bash, written for one Buildpack API. */
export interface ScenarioBuildpack {
  /** `id@version`. */
  readonly name: string;
  readonly api: string;
  /** More lines of `[buildpack]`. */
  readonly info?: string;
  /** More tables of buildpack.toml; with an `[[order]]` it is a composite, without executables. */
  readonly toml?: string;
  /** What bin/detect does after it has recorded what it was given: `$1` platform, `$2` plan. Default: passes. */
  readonly detect?: string;
  /** What bin/build does: `$1` layers, `$2` platform, `$3` plan, `$round` the number of the build. */
  readonly build?: string;
  /** Text of bin/detect or bin/build as it is, without recording; null leaves it out. */
  readonly raw?: { readonly detect?: string | null; readonly build?: string | null };
}

/** What both lifecycles build. */
export interface Scenario {
  readonly platformApi: string;
  readonly buildpacks: readonly ScenarioBuildpack[];
  /** Image extensions: files of their folders, those in `bin/` are executable. */
  readonly extensions?: readonly { readonly name: string; readonly api?: string; readonly files: Readonly<Record<string, string>> }[];
  /** Groups, `|` between them and `?` after what is optional; the members of the only group by default. */
  readonly order?: string;
  readonly orderExtensions?: string;
  readonly system?: string;
  /** Files by absolute path inside, written before each build. `null` removes one of the defaults. */
  readonly files?: Readonly<Record<string, string | null>>;
  /** Environment of the build container, on top of the default one. */
  readonly env?: Readonly<Record<string, string>>;
  readonly execEnv?: string;
  readonly defaultProcess?: string;
  /** Stop after detection. */
  readonly detectOnly?: boolean;
  /** How many builds in a row, each with the image and the cache of the one before. Default 1. */
  readonly rounds?: number;
  /** Labels and settings of the run image. */
  readonly runImage?: { readonly Env?: readonly string[]; readonly Labels?: Readonly<Record<string, string>> };
  /** Command lines to launch the last image with: the name of the program, then its arguments. */
  readonly launches?: readonly (readonly string[])[];
}

/** One phase as it ended. */
export interface PhaseEnd {
  readonly phase: 'detect' | 'restore' | 'build' | 'export';
  readonly exitCode: number;
}

/** Names of group members: `a b?|c` is two groups, the second member of the first is optional. */
export function orderToml(order: string, key = 'order'): string {
  return order
    .split('|')
    .map((group) => `[[${key}]]\n${group.trim().split(/\s+/).filter(Boolean).map(elementToml(key)).join('')}`)
    .join('');
}

const elementToml =
  (key: string) =>
  (word: string): string => {
    const [, id = '', version = '', optional] = /^(.+)@([^?]+)(\?)?$/.exec(word) ?? [];
    return `[[${key}.group]]\nid = "${id}"\nversion = "${version}"\n${optional === undefined ? '' : 'optional = true\n'}`;
  };
