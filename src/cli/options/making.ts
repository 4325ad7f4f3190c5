import type { MakingOptions } from '../../index.ts';
import type { CommandContext } from '../context.ts';
import { usageError } from '../usage-error.ts';
import { resolve } from 'node:path';
import { parseLabels } from './labels.ts';
import { parseOutput } from './output.ts';

/** Flags that `builder create`, `buildpack package` and `extension package` share. */
export interface MakingFlags {
  readonly config?: string;
  readonly publish?: boolean;
  readonly output?: readonly string[];
  readonly tag?: readonly string[];
  readonly label?: readonly string[];
  readonly target?: readonly string[];
  readonly appendImageNameSuffix?: boolean;
  readonly pullPolicy?: string;
  readonly buildpackRegistry?: string;
  readonly insecureRegistry?: readonly string[];
}

/** Throws `USAGE`. */
export function readMakingFlags(name: string, flags: MakingFlags, context: CommandContext): MakingOptions {
  const inWorkingDirectory = (path: string) => resolve(context.workingDirectory, path);
  if (flags.buildpackRegistry !== undefined) {
    throw usageError(
      `Cannot use the buildpack registry "${flags.buildpackRegistry}": tspack knows no registries by name`,
      'Set TSPACK_BUILDPACK_REGISTRY to a checkout of its index',
    );
  }
  return {
    name,
    outputs: [...(flags.output ?? []).map((text) => parseOutput(text, inWorkingDirectory)), ...(flags.publish === true ? [{ kind: 'registry' } as const] : [])],
    tags: flags.tag ?? [],
    labels: parseLabels(flags.label ?? []),
    targets: flags.target ?? [],
    appendNameSuffix: (flags.appendImageNameSuffix ?? false) && flags.publish === true,
    ...(flags.pullPolicy === undefined ? {} : { pullPolicy: flags.pullPolicy }),
    insecureRegistries: flags.insecureRegistry ?? [],
  };
}
