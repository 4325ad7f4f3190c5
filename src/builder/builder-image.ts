import { TspackError, rewordErrors } from '../foundation/index.ts';
import {
  LABELS,
  SUPPORTED_APIS,
  highestCommonApi,
  listSupportedApis,
  parseBuilderMetadataLabel,
  parseModuleLayersLabel,
  parseOrderLabel,
  parseSystemLabel,
  tryParseApiVersion,
} from '../cnb/index.ts';
import type { ApiVersion, BuilderMetadataLabel, LooseOrder, LooseSystem, ModuleLayersLabel } from '../cnb/index.ts';
import type { Image } from '../oci/index.ts';

/** What the config and the labels of a builder image say (`distribution.md#builder`; CNB.md C190-C194). */
export interface BuilderImage {
  readonly metadata: BuilderMetadataLabel;
  /** `CNB_USER_ID` and `CNB_GROUP_ID`. */
  readonly user: { readonly uid: number; readonly gid: number };
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly buildpacks: ModuleLayersLabel;
  readonly extensions: ModuleLayersLabel;
  /** As the author wrote it: an entry without a version means the only one that the builder has. */
  readonly order: LooseOrder;
  readonly orderExtensions: LooseOrder;
  readonly system?: LooseSystem;
  /** Only Platform APIs below 0.12 look at it. */
  readonly stackId?: string;
}

/** Reads the labels of a builder image. `name` is what people call it. Throws `BUILDER_IMAGE_INVALID`. */
export function readBuilderImage(image: Image, name: string): BuilderImage {
  const { config = {} } = image.config;
  const labels = config.Labels ?? {};
  const env = Object.fromEntries((config.Env ?? []).map((variable) => splitVariable(variable)));
  const metadata = labels[LABELS.builderMetadata];
  if (metadata === undefined) {
    throw new TspackError({
      code: 'BUILDER_IMAGE_INVALID',
      message: `Cannot use "${name}" as a builder: it is none, label ${LABELS.builderMetadata} is missing`,
      nextStep: 'Name a builder image; tspack builder suggest lists those that come with tspack',
    });
  }
  const read = <Value>(label: string, otherwise: Value, parse: (text: string) => Value): Value => {
    const text = labels[label];
    return text === undefined || text === '' ? otherwise : readOfBuilder(name, () => parse(text));
  };
  const system = read<LooseSystem | undefined>(LABELS.systemBuildpacks, undefined, parseSystemLabel);
  const stackId = labels[LABELS.stackId] ?? env.CNB_STACK_ID;
  return {
    metadata: readOfBuilder(name, () => parseBuilderMetadataLabel(metadata)),
    user: { uid: requireId(name, env, 'CNB_USER_ID'), gid: requireId(name, env, 'CNB_GROUP_ID') },
    env,
    labels,
    buildpacks: read(LABELS.buildpackLayers, {}, parseModuleLayersLabel),
    extensions: read(LABELS.extensionLayers, {}, parseModuleLayersLabel),
    order: read<LooseOrder>(LABELS.buildpackOrder, [], (text) => parseOrderLabel(text, LABELS.buildpackOrder)),
    orderExtensions: read<LooseOrder>(LABELS.extensionOrder, [], (text) => parseOrderLabel(text, LABELS.extensionOrder)),
    ...(system === undefined ? {} : { system }),
    ...(stackId === undefined ? {} : { stackId }),
  };
}

/**
 * The Platform API to build with: the newest that the builder's lifecycle and tspack share (CNB.md C199). Throws
 * `BUILDER_IMAGE_INVALID` for a builder without a lifecycle, `PLATFORM_API_UNSUPPORTED` and `BUILDPACK_API_UNSUPPORTED`
 * when they share none.
 */
export function builderPlatformApi({ metadata }: Pick<BuilderImage, 'metadata'>, name: string): ApiVersion {
  const { apis } = metadata.lifecycle;
  const platform = [...apis.platform.supported, ...apis.platform.deprecated];
  const buildpack = [...apis.buildpack.supported, ...apis.buildpack.deprecated];
  if (platform.length === 0) throw builderInvalid(name, 'it holds no lifecycle: its label names no Platform API');
  const common = highestCommonApi(SUPPORTED_APIS.platform, versionsOf(platform));
  if (common === undefined) throw unsupported('PLATFORM_API_UNSUPPORTED', name, 'Platform', platform, listSupportedApis('platform'));
  if (buildpack.length > 0 && highestCommonApi(SUPPORTED_APIS.buildpack, versionsOf(buildpack)) === undefined) {
    throw unsupported('BUILDPACK_API_UNSUPPORTED', name, 'Buildpack', buildpack, listSupportedApis('buildpack'));
  }
  return common;
}

function versionsOf(texts: readonly string[]): readonly ApiVersion[] {
  return texts.flatMap((text) => tryParseApiVersion(text) ?? []);
}

function unsupported<Code extends string>(code: Code, name: string, kind: string, has: readonly string[], known: string): TspackError {
  return new TspackError({
    code,
    message: `Cannot use "${name}" as a builder: its lifecycle speaks ${kind} API ${has.join(', ')}, and tspack ${known}`,
    nextStep: 'Use a newer version of the builder',
  });
}

function splitVariable(variable: string): readonly [string, string] {
  const equals = variable.indexOf('=');
  return equals < 0 ? [variable, ''] : [variable.slice(0, equals), variable.slice(equals + 1)];
}

function requireId(name: string, env: Readonly<Record<string, string>>, variable: 'CNB_USER_ID' | 'CNB_GROUP_ID'): number {
  const text = env[variable];
  if (text === undefined || text === '') throw builderInvalid(name, `${variable} is not set in its config`);
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw builderInvalid(name, `${variable} is "${text}", want a number`);
}

/** Reads a part of a builder. What is wrong with it is wrong with the builder. Throws `BUILDER_IMAGE_INVALID`. */
export function readOfBuilder<Value>(name: string, read: () => Value): Value {
  return rewordErrors(read, (error) => builderInvalid(name, error.message, error));
}

/** A builder that cannot be used, and why. */
export function builderInvalid(name: string, why: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'BUILDER_IMAGE_INVALID',
    message: `Cannot use "${name}" as a builder: ${why}`,
    nextStep: 'Use another version of the builder, or tell its author',
    cause,
  });
}
