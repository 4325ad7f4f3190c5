import type { ApiVersion } from '../api-version.ts';
import { isApiAtLeast } from '../api-version.ts';
import { decodeJson, defined } from '../fields.ts';
import type { Fields } from '../fields.ts';
import { GoStruct, formatGoJson } from '../../foundation/index.ts';
import type { GoValue } from '../../foundation/index.ts';
import { commandFor } from '../launch-metadata.ts';
import type { AttributedBomEntry, LaunchMetadata, LaunchProcess } from '../launch-metadata.ts';
import { nonEmpty } from '../launch-toml.ts';

/** Which launcher an image carries. The version must be at least 0.5.0 for pack to show the base image (C159). */
export interface LauncherRecord {
  readonly version: string;
  readonly source: { readonly git: { readonly repository: string; readonly commit: string } };
}

/** A buildpack or extension in the label. */
export interface ModuleRecord {
  readonly id: string;
  readonly version: string;
  readonly homepage?: string;
}

/** The label `io.buildpacks.build.metadata` (`platform.md#iobuildpacksbuildmetadata-json`). */
export interface BuildMetadataLabel {
  readonly buildpacks: readonly ModuleRecord[];
  readonly extensions: readonly ModuleRecord[];
  readonly launcher: LauncherRecord;
  readonly processes: readonly LaunchProcess[];
  readonly buildpackDefaultProcessType?: string;
  readonly bom?: readonly AttributedBomEntry[];
}

/** Decodes the label; a command may be a string or a list. Throws `SPEC_FILE_INVALID`. */
export function parseBuildMetadataLabel(text: string): BuildMetadataLabel {
  return decodeJson(text, 'label io.buildpacks.build.metadata', (fields) => {
    const launcher = fields.table('launcher');
    const git = launcher?.table('source')?.table('git');
    return defined<BuildMetadataLabel>({
      buildpacks: fields.tables('buildpacks').map(readModuleRecord),
      extensions: fields.tables('extensions').map(readModuleRecord),
      launcher: {
        version: launcher?.string('version') ?? '',
        source: { git: { repository: git?.string('repository') ?? '', commit: git?.string('commit') ?? '' } },
      },
      processes: fields.tables('processes').map(readProcess),
      buildpackDefaultProcessType: fields.string('buildpack-default-process-type'),
    });
  });
}

const readModuleRecord = (fields: Fields): ModuleRecord =>
  defined<ModuleRecord>({ id: fields.string('id') ?? '', version: fields.string('version') ?? '', homepage: fields.string('homepage') });

function readProcess(fields: Fields): LaunchProcess {
  const command = fields.raw('command');
  return defined<LaunchProcess>({
    type: fields.string('type') ?? '',
    command: typeof command === 'string' ? [command] : (fields.strings('command') ?? []),
    args: fields.strings('args'),
    direct: fields.boolean('direct') ?? false,
    buildpackId: fields.string('buildpackID') ?? '',
    workingDirectory: fields.string('working-dir'),
    execEnv: fields.strings('exec-env'),
  });
}

/**
 * The text of the label, with the bytes of the reference: no APIs, labels or slices; `args` is null when absent;
 * below Platform API 0.9 `bom` comes first and below 0.10 a command is a string.
 */
export function formatBuildMetadataLabel(metadata: LaunchMetadata, launcher: LauncherRecord, platformApi: ApiVersion): string {
  const { git } = launcher.source;
  return formatGoJson(
    new GoStruct({
      bom: isApiAtLeast(platformApi, '0.9') ? undefined : formatBom(metadata.bom),
      buildpacks: metadata.buildpacks.length === 0 ? null : metadata.buildpacks.map(moduleStruct),
      extensions: nonEmpty(metadata.extensions)?.map(moduleStruct),
      launcher: new GoStruct({
        version: launcher.version,
        source: new GoStruct({ git: new GoStruct({ repository: git.repository, commit: git.commit }) }),
      }),
      processes: metadata.processes.map((process) => processStruct(process, platformApi)),
      'buildpack-default-process-type': metadata.buildpackDefaultProcessType === '' ? undefined : metadata.buildpackDefaultProcessType,
    }),
  );
}

const moduleStruct = ({ id, version, homepage }: ModuleRecord): GoStruct => new GoStruct({ id, version, homepage: homepage === '' ? undefined : homepage });

function processStruct(process: LaunchProcess, platformApi: ApiVersion): GoStruct {
  const { command, args } = commandFor(process, platformApi);
  return new GoStruct({
    type: process.type,
    command,
    args: args ?? null,
    direct: process.direct,
    buildpackID: process.buildpackId,
    'working-dir': process.workingDirectory,
    'exec-env': nonEmpty(process.execEnv),
  });
}

/** The list of `bom` entries; null when there are none. Also the text of `sbom.legacy.json`, with a line feed. */
export function formatBom(bom: readonly AttributedBomEntry[] | undefined): GoValue {
  if (bom === undefined || bom.length === 0) return null;
  return bom.map(
    ({ name, metadata, buildpack }) =>
      new GoStruct({ name, metadata: metadata ?? null, buildpack: new GoStruct({ id: buildpack.id, version: buildpack.version }) }),
  );
}

/** `sbom.legacy.json`: the deprecated bill of materials from Platform API 0.9 on. */
export function formatLegacySbom(bom: readonly AttributedBomEntry[]): string {
  return `${formatGoJson(formatBom(bom))}\n`;
}
