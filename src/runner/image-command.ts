import { readdirSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { TspackError, hasSystemCode, nearestNames } from '../foundation/index.ts';
import type { ContainerConfig } from '../oci/index.ts';

const PROCESSES = '/cnb/process';

/**
 * What to start: entrypoint, then the arguments, or the image's own when there are none (OCI image-spec
 * `config.md#properties`). A `process` replaces the entrypoint by that process type's link to the launcher
 * (platform.md#launch). Throws `RUN_PROCESS_UNKNOWN`, `RUN_COMMAND_MISSING`.
 */
export function imageCommand(root: string, config: ContainerConfig, process: string | undefined, args: readonly string[]): readonly string[] {
  if (process !== undefined) {
    const types = processTypes(root);
    if (!types.includes(process)) {
      const near = nearestNames(process, types)[0];
      throw new TspackError({
        code: 'RUN_PROCESS_UNKNOWN',
        message: `Cannot run the process '${process}': the image ${types.length === 0 ? 'has no process types' : `has ${types.map((type) => `'${type}'`).join(', ')}`}`,
        nextStep: near === undefined ? 'Leave the process out to start the default one.' : `Use '${near}', or leave the process out to start the default one.`,
      });
    }
    return [`${PROCESSES}/${process}`, ...args];
  }
  const command = [...(config.Entrypoint ?? []), ...(args.length > 0 ? args : (config.Cmd ?? []))];
  if (command.length === 0) {
    throw new TspackError({
      code: 'RUN_COMMAND_MISSING',
      message: 'Cannot run the image: it has neither an entrypoint nor a command',
      nextStep: "Give a command after '--'.",
    });
  }
  return command;
}

function processTypes(root: string): readonly string[] {
  try {
    const folder = realpathSync(join(root, PROCESSES));
    return folder.startsWith(realpathSync(root) + sep) ? readdirSync(folder).sort() : [];
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
