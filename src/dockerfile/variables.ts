import { DockerfileError } from './dockerfile-error.ts';
import { ExpansionProblem, expandWord } from './expand.ts';
import { envOf } from './container-config.ts';
import type { DockerContainerConfig } from './container-config.ts';
import type { DockerfilePlace } from './dockerfile-error.ts';
import type { Lookup } from './expand.ts';
import type { ArgInstruction } from './instruction.ts';
import type { BaseImage } from './ports.ts';

/** Proxies may be given without an ARG, and never reach a cache key or the history (Dockerfile reference, "Predefined ARGs"). */
const PREDEFINED = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);

/** The arguments of a stage, as ARG declares them one after the other. */
export class StageArguments {
  readonly #given: Readonly<Record<string, string>>;
  readonly #global: ReadonlyMap<string, string>;
  readonly #declared = new Map<string, string | undefined>();

  constructor(given: Readonly<Record<string, string>>, global: ReadonlyMap<string, string>) {
    this.#given = given;
    this.#global = global;
  }

  /** A value given from outside wins over that before the first FROM, which counts only where the stage gives no default. */
  declare(name: string, value: string | undefined): void {
    this.#declared.set(name, this.#given[name] ?? value ?? this.#global.get(name));
  }

  get(name: string): string | undefined {
    return this.#declared.get(name);
  }

  /** Those with a value, for the environment of RUN. */
  values(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#declared].filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  /** Predefined ones that were given. */
  predefined(): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.entries(this.#given).filter(([name]) => PREDEFINED.includes(name)));
  }
}

/** Variables of the image win over arguments of the same name. */
export function lookupIn(config: DockerContainerConfig, args: StageArguments): Lookup {
  const env = envOf(config);
  return (name) => env[name] ?? args.get(name);
}

/** The arguments before the first FROM; each may use those before it, and the platform. */
export function globalArguments(
  declared: readonly ArgInstruction[],
  given: Readonly<Record<string, string>>,
  platform: BaseImage['platform'],
  escape: string,
): ReadonlyMap<string, string> {
  const values = new Map(Object.entries({ ...platformArguments(platform), ...given }).filter(([name]) => name in platformArguments(platform)));
  for (const instruction of declared) {
    for (const { name, value } of instruction.arguments) {
      const known = given[name] ?? (value === undefined ? values.get(name) : expand(value, (variable) => values.get(variable), escape, instruction));
      if (known !== undefined) values.set(name, known);
    }
  }
  return values;
}

/** Dockerfile reference, "Automatic platform ARGs in the global scope": everything is built on and for one platform. */
function platformArguments({ os, architecture, variant }: BaseImage['platform']): Readonly<Record<string, string>> {
  const platform = [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
  return Object.fromEntries(
    ['TARGET', 'BUILD'].flatMap((side) => [
      [`${side}PLATFORM`, platform],
      [`${side}OS`, os],
      [`${side}ARCH`, architecture],
      [`${side}VARIANT`, variant ?? ''],
    ]),
  );
}

/** {@link expandWord} with the place of what cannot be expanded. Throws `DOCKERFILE_INVALID`. */
export function expand(word: string, lookup: Lookup, escape: string, place: DockerfilePlace): string {
  try {
    return expandWord(word, lookup, escape);
  } catch (error) {
    if (error instanceof ExpansionProblem) throw new DockerfileError(place, { problem: error.message, cause: error });
    throw error;
  }
}
