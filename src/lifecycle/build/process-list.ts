import type { LaunchProcess, ProcessDefinition } from '../../cnb/index.ts';

/** The processes of all buildpacks so far. */
export interface ProcessList {
  readonly byType: ReadonlyMap<string, LaunchProcess>;
  readonly defaultType: string | undefined;
}

export const NO_PROCESSES: ProcessList = { byType: new Map(), defaultType: undefined };

/**
 * Adds the processes of one buildpack (`buildpack.md#launchtoml-toml`): the last definition of a type wins, and the
 * last default. A type that was the default and is defined again without `default = true` leaves no default.
 */
export function addProcesses(
  list: ProcessList,
  buildpackId: string,
  definitions: readonly ProcessDefinition[],
): { readonly list: ProcessList; readonly warnings: readonly string[] } {
  const byType = new Map(list.byType);
  let { defaultType } = list;
  let lost: string | undefined;
  for (const { default: isDefault, ...process } of definitions) {
    byType.set(process.type, { ...process, buildpackId });
    if (isDefault) {
      defaultType = process.type;
      lost = undefined;
    } else if (process.type === defaultType) {
      defaultType = undefined;
      lost = process.type;
    }
  }
  const warnings =
    lost === undefined
      ? []
      : [`Buildpack ${buildpackId} redefines the default process type "${lost}" without default = true; the image has no default process`];
  return { list: { byType, defaultType }, warnings };
}

/** The processes sorted by type, for reproducibility. */
export function sortedProcesses(list: ProcessList): readonly LaunchProcess[] {
  return [...list.byType.values()].sort((a, b) => Buffer.compare(Buffer.from(a.type), Buffer.from(b.type)));
}
