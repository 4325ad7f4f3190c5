import type { ApiVersion } from './api-version.ts';
import { isApiAtLeast } from './api-version.ts';
import { decodeToml, defined, present } from './fields.ts';
import type { Fields, SpecTable } from './fields.ts';
import { formatToml } from '../foundation/index.ts';

/** A process as one buildpack defines it (`buildpack.md#launchtoml-toml`). */
export interface ProcessDefinition {
  readonly type: string;
  /** Program and the arguments that a user cannot override. */
  readonly command: readonly string[];
  /** Absent and empty differ: the label has null for one and `[]` for the other. */
  readonly args?: readonly string[];
  /** false: run by a shell, only below Buildpack API 0.9. */
  readonly direct: boolean;
  readonly default: boolean;
  readonly workingDirectory?: string;
  readonly execEnv?: readonly string[];
}

export interface Label {
  readonly key: string;
  readonly value: string;
}

/** Globs of files that become an application layer of their own. */
export interface Slice {
  readonly paths?: readonly string[];
}

/** An entry of the deprecated bill of materials. */
export interface BomEntry {
  readonly name: string;
  readonly metadata?: SpecTable;
}

/** launch.toml, the same shape for every Buildpack API. */
export interface LaunchToml {
  readonly labels: readonly Label[];
  readonly processes: readonly ProcessDefinition[];
  readonly slices: readonly Slice[];
  /** Deprecated. */
  readonly bom: readonly BomEntry[];
  /** What was ignored, for the user. */
  readonly warnings: readonly string[];
}

/**
 * Decodes launch.toml as the buildpack's API has it: from 0.9 `command` is a list and `direct` is refused, before
 * it is a string; `working-dir` counts from 0.8. Two default processes are an error. Throws `TOML_INVALID` or
 * `SPEC_FILE_INVALID`.
 */
export function parseLaunchToml(text: string, file: string, api: ApiVersion): LaunchToml {
  return decodeToml(text, file, (fields) => {
    const warnings: string[] = [];
    const processes = fields.tables('processes').map((process) => readProcess(process, api, warnings));
    if (processes.filter((process) => process.default).length > 1) {
      fields.problem('processes', 'more than one process has default = true');
    }
    return {
      labels: fields.tables('labels').map((label) => ({ key: label.requiredString('key'), value: label.string('value') ?? '' })),
      processes,
      slices: fields.tables('slices').map((slice) => defined<Slice>({ paths: slice.strings('paths') })),
      bom: readBom(fields),
      warnings,
    };
  });
}

function readProcess(fields: Fields, api: ApiVersion, warnings: string[]): ProcessDefinition {
  const type = fields.requiredString('type');
  let workingDirectory = fields.string('working-dir');
  if (workingDirectory !== undefined && workingDirectory !== '' && !isApiAtLeast(api, '0.8')) {
    warnings.push(`Process "${type}" has a working directory, which Buildpack API ${api.major}.${api.minor} does not support; it is ignored`);
    workingDirectory = undefined;
  }
  const listsOnly = isApiAtLeast(api, '0.9');
  if (listsOnly && fields.has('direct')) fields.problem('direct', 'is not supported from Buildpack API 0.9 on');
  return defined<ProcessDefinition>({
    type,
    command: listsOnly ? readCommandList(fields) : [fields.requiredString('command')],
    args: fields.strings('args'),
    direct: listsOnly ? true : (fields.boolean('direct') ?? false),
    default: fields.boolean('default') ?? false,
    workingDirectory: workingDirectory === '' ? undefined : workingDirectory,
    execEnv: nonEmpty(fields.strings('exec-env')),
  });
}

function readCommandList(fields: Fields): readonly string[] {
  if (!fields.has('command')) fields.problem('command', 'is missing');
  const command = fields.strings('command');
  if (command?.length === 0) fields.problem('command', 'is empty');
  return command ?? [];
}

/** `[[bom]]` of launch.toml or build.toml. A version at the top level is refused, as the reference does. */
export function readBom(fields: Fields): readonly BomEntry[] {
  return fields.tables('bom').map((entry) => {
    if (entry.string('version') ?? '') entry.problem('version', 'is not allowed at the top level, use metadata.version');
    return defined<BomEntry>({ name: entry.string('name') ?? '', metadata: entry.jsonTable('metadata') });
  });
}

export function nonEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

/** Writes launch.toml for Buildpack API 0.9 and later, as an SDK does. */
export function formatLaunchToml(launch: Pick<LaunchToml, 'labels' | 'processes' | 'slices'>): string {
  return formatToml(
    present({
      labels: nonEmpty(launch.labels),
      processes: nonEmpty(
        launch.processes.map((process) =>
          present({
            type: process.type,
            command: process.command,
            args: process.args,
            default: process.default ? true : undefined,
            'working-dir': process.workingDirectory,
            'exec-env': process.execEnv,
          }),
        ),
      ),
      slices: nonEmpty(launch.slices),
    }),
  );
}
