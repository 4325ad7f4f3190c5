import type { ApiVersion } from './api-version.ts';
import { isApiAtLeast, requireBuildpackApi } from './api-version.ts';
import type { BuildpackReference } from './buildpack-id.ts';
import { formatBuildpackReference } from './buildpack-id.ts';
import { decodeToml, defined } from './fields.ts';
import type { Fields, SpecTable } from './fields.ts';
import { readOrder, readReference } from './order.ts';
import type { Order } from './order.ts';
import { readSupportedTargets, targetsOfStacks } from './target.ts';
import type { SupportedTarget } from './target.ts';

export interface License {
  readonly type?: string;
  readonly uri?: string;
}

/** What `buildpack.toml` and `extension.toml` share. */
export interface ModuleDescriptor extends BuildpackReference {
  readonly api: ApiVersion;
  readonly name?: string;
  readonly homepage?: string;
  readonly description?: string;
  readonly keywords: readonly string[];
  readonly licenses: readonly License[];
  /** Do not set the user's environment for this buildpack. */
  readonly clearEnv: boolean;
  /** Execution environments it supports; empty means all. Always empty below Buildpack API 0.12. */
  readonly execEnv: readonly string[];
  /** `[[targets]]`, else what `[[stacks]]` stand for; see {@link inferTargets}. */
  readonly targets: readonly SupportedTarget[];
  readonly metadata?: SpecTable;
}

export interface Stack {
  readonly id: string;
  readonly mixins: readonly string[];
}

/** buildpack.toml (`buildpack.md#buildpacktoml-toml`). */
export interface BuildpackDescriptor extends ModuleDescriptor {
  readonly kind: 'buildpack';
  /** Media types of the SBOM files it writes, lower case, without parameters. */
  readonly sbomFormats: readonly string[];
  /** Not empty for a composite buildpack, which has no executables of its own. */
  readonly order: Order;
  /** Deprecated. */
  readonly stacks: readonly Stack[];
}

/** extension.toml (`image_extension.md#extensiontoml-toml`). */
export interface ExtensionDescriptor extends ModuleDescriptor {
  readonly kind: 'extension';
}

/**
 * Decodes buildpack.toml. Throws `TOML_INVALID`, `SPEC_FILE_INVALID`, and `BUILDPACK_API_UNSUPPORTED` (exit
 * code 12) before looking at the rest, whose form depends on the API.
 */
export function parseBuildpackDescriptor(text: string, file: string): BuildpackDescriptor {
  return decodeToml(text, file, (fields) => {
    const api = readApi(fields, 'buildpack');
    const info = fields.table('buildpack');
    if (info === undefined) fields.problem('buildpack', 'is missing');
    const stacks = fields.tables('stacks').map((stack) => ({ id: stack.requiredString('id'), mixins: stack.strings('mixins') ?? [] }));
    const targets = readSupportedTargets(fields);
    return defined<BuildpackDescriptor>({
      kind: 'buildpack',
      ...readModule(fields, info ?? fields, api),
      targets:
        targets.length > 0
          ? targets
          : targetsOfStacks(
              stacks.map(({ id }) => id),
              isApiAtLeast(api, '0.10'),
            ),
      sbomFormats: (info?.strings('sbom-formats') ?? []).map((mediaType) => (mediaType.split(';')[0] ?? '').trim().toLowerCase()),
      order: readOrder(fields, 'order'),
      stacks,
    });
  });
}

/** Decodes extension.toml. Throws as {@link parseBuildpackDescriptor}. */
export function parseExtensionDescriptor(text: string, file: string): ExtensionDescriptor {
  return decodeToml(text, file, (fields) => {
    const api = readApi(fields, 'extension');
    const info = fields.table('extension');
    if (info === undefined) fields.problem('extension', 'is missing');
    if (fields.has('order')) fields.problem('order', 'an extension must not have an order');
    return { kind: 'extension', ...readModule(fields, info ?? fields, api), targets: readSupportedTargets(fields) };
  });
}

/**
 * The descriptor with the targets that its files imply when it names none (`buildpack.md#targets`): a buildpack
 * with `bin/build` is for Linux; an extension with `bin/detect` or `bin/generate` is for Linux, else for anything.
 */
export function inferTargets<Descriptor extends BuildpackDescriptor | ExtensionDescriptor>(descriptor: Descriptor, executables: readonly string[]): Descriptor {
  if (descriptor.targets.length > 0) return descriptor;
  const wanted = descriptor.kind === 'buildpack' ? ['build'] : ['detect', 'generate'];
  return wanted.some((name) => executables.includes(name)) ? { ...descriptor, targets: [{ os: 'linux', distros: [] }] } : descriptor;
}

function readApi(fields: Fields, key: 'buildpack' | 'extension'): ApiVersion {
  const info = fields.raw(key) as { readonly id?: unknown; readonly version?: unknown } | undefined;
  const api = fields.raw('api');
  const text = (value: unknown): string | undefined => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);
  return requireBuildpackApi(
    api === undefined ? undefined : (text(api) ?? ''),
    formatBuildpackReference({ id: text(info?.id) ?? 'unknown', version: text(info?.version) ?? 'unknown' }),
  );
}

function readModule(fields: Fields, info: Fields, api: ApiVersion): Omit<ModuleDescriptor, 'targets'> {
  return defined<Omit<ModuleDescriptor, 'targets'>>({
    ...readReference(info),
    api,
    name: info.string('name'),
    homepage: info.string('homepage'),
    description: info.string('description'),
    keywords: info.strings('keywords') ?? [],
    licenses: info.tables('licenses').map((license) => defined<License>({ type: license.string('type'), uri: license.string('uri') })),
    clearEnv: info.boolean('clear-env') ?? false,
    execEnv: isApiAtLeast(api, '0.12') ? readExecEnv(info) : [],
    metadata: fields.freeTable('metadata'),
  });
}

/** Both spellings: `exec-env = ["test"]`, which the reference reads, and `[[buildpack.exec-env]] name =`, which the spec shows. */
function readExecEnv(info: Fields): readonly string[] {
  const value = info.raw('exec-env');
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
    return info.tables('exec-env').map((environment) => environment.requiredString('name'));
  }
  return info.strings('exec-env') ?? [];
}

/** Whether something restricted to these execution environments applies to the current one; an empty list is no restriction. */
export function isForExecEnv(execEnv: readonly string[] | undefined, current: string): boolean {
  return execEnv === undefined || execEnv.length === 0 || execEnv.includes('*') || execEnv.includes(current);
}
