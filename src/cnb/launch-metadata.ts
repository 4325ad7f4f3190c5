import type { ApiVersion } from './api-version.ts';
import { isApiAtLeast } from './api-version.ts';
import { decodeToml, defined } from './fields.ts';
import type { Fields, SpecTable } from './fields.ts';
import { JsonText, formatGoToml } from './go-toml.ts';
import type { GroupElement } from './group.ts';
import { groupElementToml, readGroupElement } from './group.ts';
import { nonEmpty } from './launch-toml.ts';
import type { Label, Slice } from './launch-toml.ts';

/** A process of the image. */
export interface LaunchProcess {
  readonly type: string;
  readonly command: readonly string[];
  /** Absent and empty differ in the label. */
  readonly args?: readonly string[];
  readonly direct: boolean;
  readonly buildpackId: string;
  readonly workingDirectory?: string;
  readonly execEnv?: readonly string[];
}

/** An entry of the deprecated bill of materials, with its origin. */
export interface AttributedBomEntry {
  readonly name: string;
  readonly metadata?: SpecTable;
  readonly buildpack: { readonly id: string; readonly version: string };
}

/**
 * `<layers>/config/metadata.toml` (`platform.md#metadatatoml-toml`): what the build phase tells export and launcher.
 */
export interface LaunchMetadata {
  readonly buildpackDefaultProcessType?: string;
  readonly buildpacks: readonly GroupElement[];
  readonly extensions: readonly GroupElement[];
  readonly labels: readonly Label[];
  /** Sorted by type. */
  readonly processes: readonly LaunchProcess[];
  readonly slices: readonly Slice[];
  /** Only below Platform API 0.9. */
  readonly bom?: readonly AttributedBomEntry[];
}

/** Decodes metadata.toml; a command may be a string or a list. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseLaunchMetadata(text: string, file: string): LaunchMetadata {
  return decodeToml(text, file, (fields) =>
    defined<LaunchMetadata>({
      buildpackDefaultProcessType: fields.string('buildpack-default-process-type'),
      buildpacks: fields.tables('buildpacks').map(readGroupElement),
      extensions: fields.tables('extensions').map(readGroupElement),
      labels: fields.tables('labels').map((label) => ({ key: label.requiredString('key'), value: label.string('value') ?? '' })),
      processes: fields.tables('processes').map(readLaunchProcess),
      slices: fields.tables('slices').map((slice) => defined<Slice>({ paths: slice.strings('paths') })),
      bom: fields.has('bom') ? fields.tables('bom').map(readAttributedBomEntry) : undefined,
    }),
  );
}

function readLaunchProcess(fields: Fields): LaunchProcess {
  const command = fields.raw('command');
  return defined<LaunchProcess>({
    type: fields.requiredString('type'),
    command: typeof command === 'string' ? [command] : (fields.strings('command') ?? []),
    args: fields.strings('args'),
    direct: fields.boolean('direct') ?? false,
    buildpackId: fields.string('buildpack-id') ?? '',
    workingDirectory: fields.string('working-dir'),
    execEnv: nonEmpty(fields.strings('exec-env')),
  });
}

function readAttributedBomEntry(fields: Fields): AttributedBomEntry {
  const buildpack = fields.table('buildpack');
  return defined<AttributedBomEntry>({
    name: fields.string('name') ?? '',
    metadata: fields.jsonTable('metadata'),
    buildpack: { id: buildpack?.string('id') ?? '', version: buildpack?.string('version') ?? '' },
  });
}

/**
 * Writes metadata.toml with the bytes of the reference lifecycle: it is a file of the config layer.
 * Below Platform API 0.10 a command is one string and its further words move to the arguments.
 */
export function formatLaunchMetadata(metadata: LaunchMetadata, platformApi: ApiVersion): string {
  return formatGoToml({
    'buildpack-default-process-type': metadata.buildpackDefaultProcessType === '' ? undefined : metadata.buildpackDefaultProcessType,
    bom: isApiAtLeast(platformApi, '0.9')
      ? undefined
      : nonEmpty(metadata.bom)?.map(({ name, metadata: data, buildpack }) => ({ name, metadata: data, buildpack: { ...buildpack } })),
    buildpacks: metadata.buildpacks.length === 0 ? undefined : metadata.buildpacks.map(groupElementToml),
    extensions: metadata.extensions.length === 0 ? undefined : metadata.extensions.map(groupElementToml),
    labels: nonEmpty(metadata.labels)?.map(({ key, value }) => ({ key, value })),
    // Written even when empty, as the reference does.
    processes: metadata.processes.map((process) => {
      const { command, args } = commandFor(process, platformApi);
      return {
        type: process.type,
        command: new JsonText(command),
        args,
        direct: process.direct,
        'buildpack-id': process.buildpackId,
        'working-dir': process.workingDirectory,
        'exec-env': process.execEnv,
      };
    }),
    slices: nonEmpty(metadata.slices)?.map(({ paths }) => ({ paths })),
  });
}

/** Command and arguments in the form of a Platform API (C110). */
export function commandFor(
  process: LaunchProcess,
  platformApi: ApiVersion,
): { readonly command: string | readonly string[]; readonly args?: readonly string[] } {
  const { command, args } = process;
  if (isApiAtLeast(platformApi, '0.10')) return { command, ...(args === undefined ? {} : { args }) };
  return { command: command[0] ?? '', args: [...command.slice(1), ...(args ?? [])] };
}
