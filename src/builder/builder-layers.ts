import { statSync } from 'node:fs';
import type { LayerTarEntry } from '../archive/index.ts';
import { formatRunToml, formatStackToml, formatOrderToml, formatSystemToml } from '../cnb/index.ts';
import type { OrderToml, RunImageEntry, SystemToml } from '../cnb/index.ts';
import { directoryEntry, fileEntry, folderEntries } from './folder-entries.ts';

/** The entries of a layer, and what people call it. */
export interface NamedEntries {
  readonly name: string;
  readonly entries: readonly LayerTarEntry[];
}

/** The folders of every builder, in the order of pack; those for the app and the layers are the user's. */
export function folderLayer(user: { readonly uid: number; readonly gid: number }): NamedEntries {
  const ofRoot = ['/cnb', '/cnb/buildpacks', '/cnb/extensions', '/platform', '/platform/env', '/cnb/build-config', '/cnb/build-config/env'];
  return { name: 'folders', entries: [directoryEntry('/workspace', user), directoryEntry('/layers', user), ...ofRoot.map((path) => directoryEntry(path))] };
}

/**
 * The programs of a lifecycle, and the link where old platforms look for them. A file that other layers of the builder
 * have too, as the very same file of this machine, becomes a link to it: a Node is 120 MB.
 */
export function lifecycleLayer(binaries: string, others: readonly LayerTarEntry[]): NamedEntries {
  const known = new Map(others.flatMap((entry) => (typeof entry.source === 'string' ? [[fileIdentity(entry.source), String(entry.path)] as const] : [])));
  const link = (path: LayerTarEntry['path'], linkTarget: string): LayerTarEntry => ({ path, type: 'symlink', mode: 0o777, uid: 0, gid: 0, linkTarget });
  const programs = folderEntries(binaries, '/cnb/lifecycle').map((entry) => {
    const target = typeof entry.source === 'string' ? known.get(fileIdentity(entry.source)) : undefined;
    return target === undefined ? entry : link(entry.path, target);
  });
  return { name: 'lifecycle', entries: [...programs, link('/lifecycle', '/cnb/lifecycle')] };
}

function fileIdentity(path: string): string {
  const { dev, ino } = statSync(path);
  return `${dev}:${ino}`;
}

/** A layer each, as pack writes them, with its bytes. */
export function configurationLayers(configuration: {
  readonly order: OrderToml;
  readonly system: SystemToml;
  readonly runImages: readonly RunImageEntry[];
  readonly buildConfigEnv: Readonly<Record<string, string>>;
}): readonly NamedEntries[] {
  const { order, system, runImages, buildConfigEnv } = configuration;
  const file = (name: string, text: string): NamedEntries => ({ name, entries: [fileEntry(`/cnb/${name}`, text)] });
  const env = Object.keys(buildConfigEnv).sort();
  return [
    file('order.toml', formatOrderToml(order)),
    ...(system.pre.length + system.post.length === 0 ? [] : [file('system.toml', formatSystemToml(system))]),
    file('stack.toml', formatStackToml({ runImage: runImages[0] ?? { image: '', mirrors: [] } })),
    file('run.toml', formatRunToml({ images: runImages })),
    ...(env.length === 0 ? [] : [{ name: 'build-config', entries: env.map((name) => fileEntry(`/cnb/build-config/env/${name}`, buildConfigEnv[name] ?? '')) }]),
  ];
}
