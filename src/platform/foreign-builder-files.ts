import { join } from 'node:path';
import { builderInvalid, readOfBuilder } from '../builder/index.ts';
import { parseOrderToml, parseRunToml, parseStackToml, parseSystemToml } from '../cnb/index.ts';
import { readMountedEnv, readMountedText } from '../lifecycle/index.ts';
import type { BuilderImage } from '../builder/index.ts';
import type { LooseOrder, ModuleLayersLabel, Order, OrderReference, OrderToml, RunImageEntry, SystemToml } from '../cnb/index.ts';
import type { HostPath, SandboxPath } from '../executor/index.ts';
import type { MountedDirectory } from '../lifecycle/index.ts';
import type { ResolvedBuilder } from './ports.ts';

/** The part of a builder that its files in /cnb say, with its labels where there is no file (CNB.md C192, C196). */
export type BuilderFiles = Pick<ResolvedBuilder, 'order' | 'moduleFolders' | 'platformEnv' | 'runImages'> &
  Partial<Pick<ResolvedBuilder, 'system' | 'buildConfig'>>;

/** What counts where there is no file. */
type BuilderLists = Pick<BuilderImage, 'env' | 'buildpacks' | 'extensions' | 'order' | 'orderExtensions' | 'system'> & {
  readonly metadata: Pick<BuilderImage['metadata'], 'images'>;
};

/**
 * Reads what a builder has in its root. The places are those that the lifecycle's own variables in the builder's config
 * name. Throws `BUILDER_IMAGE_INVALID`.
 */
export function readBuilderFiles(root: HostPath, builder: BuilderLists, name: string): BuilderFiles {
  const at = (variable: string, otherwise: string) => builder.env[variable] ?? otherwise;
  const folder = (path: string): MountedDirectory => ({ hostPath: join(root, path) as HostPath, sandboxPath: path as SandboxPath, root });
  const image: MountedDirectory = { hostPath: root, sandboxPath: '/' as SandboxPath, root };
  const read = <Value>(path: string, parse: (text: string, file: string) => Value): Value | undefined => {
    return readOfBuilder(name, () => {
      const text = readMountedText(image, path);
      return text === undefined ? undefined : parse(text, path);
    });
  };
  const order = read(at('CNB_ORDER_PATH', '/cnb/order.toml'), parseOrderToml) ?? labelledOrder(builder, name);
  const system = read(at('CNB_SYSTEM_PATH', '/cnb/system.toml'), parseSystemToml) ?? labelledSystem(builder, name);
  const stack = () => read(at('CNB_STACK_PATH', '/cnb/stack.toml'), parseStackToml)?.runImage;
  const buildConfig = folder(at('CNB_BUILD_CONFIG_DIR', '/cnb/build-config'));
  return {
    order,
    ...(system === undefined ? {} : { system }),
    moduleFolders: {
      buildpacks: [folder(at('CNB_BUILDPACKS_DIR', '/cnb/buildpacks'))],
      extensions: [folder(at('CNB_EXTENSIONS_DIR', '/cnb/extensions'))],
    },
    buildConfig,
    platformEnv: Object.fromEntries([...readMountedEnv(folder('/platform'), 'env')].map(([key, bytes]) => [key, Buffer.from(bytes).toString('utf8')])),
    runImages: named(read(at('CNB_RUN_PATH', '/cnb/run.toml'), parseRunToml)?.images, builder.metadata.images, [stack()]),
  };
}

/** The first list that names an image. */
function named(...lists: readonly (readonly (RunImageEntry | undefined)[] | undefined)[]): readonly RunImageEntry[] {
  for (const list of lists) {
    const entries = (list ?? []).filter((entry): entry is RunImageEntry => entry !== undefined && entry.image !== '');
    if (entries.length > 0) return entries;
  }
  return [];
}

function labelledOrder(builder: BuilderLists, name: string): OrderToml {
  return {
    order: withVersions(builder.order, builder.buildpacks, name),
    orderExtensions: withVersions(builder.orderExtensions, builder.extensions, name).map(({ group }) => ({
      group: group.map((element) => ({ ...element, optional: true })),
    })),
  };
}

function labelledSystem({ system, buildpacks }: BuilderLists, name: string): SystemToml | undefined {
  if (system === undefined) return undefined;
  return {
    pre: system.pre.map((element) => withVersion(element, buildpacks, name)),
    post: system.post.map((element) => withVersion(element, buildpacks, name)),
  };
}

function withVersions(order: LooseOrder, modules: ModuleLayersLabel, name: string): Order {
  return order.map(({ group }) => ({ group: group.map((element) => withVersion(element, modules, name)) }));
}

function withVersion(element: OrderReference, modules: ModuleLayersLabel, name: string): Order[number]['group'][number] {
  const { id, version, ...rest } = element;
  if (version !== undefined) return { id, version, ...rest };
  const versions = Object.hasOwn(modules, id) ? Object.keys(modules[id] ?? {}) : [];
  const [only, other] = versions;
  if (only !== undefined && other === undefined) return { id, version: only, ...rest };
  throw builderInvalid(name, `its order names "${id}" without a version, and it has ${versions.length === 0 ? 'none' : versions.join(', ')}`);
}
