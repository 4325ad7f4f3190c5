import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { TspackError, hasSystemCode } from '../../foundation/index.ts';
import type { Dirent, Stats } from 'node:fs';
import type { Mount } from '../index.ts';

/** What the sandbox itself provides, beside the mounts of its caller. */
export type PlannedMount =
  | Mount
  | { readonly kind: 'proc' | 'host-proc' | 'dev'; readonly target: string }
  /** A root of several folders, the topmost first. With `upper`, which is then the first of them, it can be written to. */
  | { readonly kind: 'layers'; readonly folders: readonly string[]; readonly upper?: string; readonly work?: string; readonly target: '/' };

export interface MountPlan {
  readonly arguments: readonly string[];
  /** Where each mount is, in their order: its target without links. */
  readonly targets: readonly string[];
  /** Mount points that did not exist and that bubblewrap makes in a writable tree, absolute, after the folders on the way. */
  readonly made: readonly string[];
}

/** A folder of the sandbox whose content is known here: the root, or a bound folder. */
interface Tree {
  /** The topmost first; more than one for layers alone. */
  readonly sources: readonly string[];
  /** bubblewrap can make missing mount points everywhere in a `writable` one, and directly in a `rebuilt` one. */
  readonly kind: 'read-only' | 'writable' | 'rebuilt';
  /** Index of the mount that put it there; -1 for the root. */
  readonly owner: number;
}

interface Resolved {
  readonly path: string;
  /** What has to be made of it in a writable tree. */
  readonly missing: readonly string[];
  /** The deepest folder that exists, when the mount point below it can not be made there. */
  readonly rebuild?: { readonly directory: string; readonly source: string; readonly owner: number };
}

const MAX_LINKS = 40;

/**
 * Read-only in a new /proc: many of these files ask only whether the writer is the machine's root, and a sandbox of root
 * is that, capabilities or not. bubblewrap covers no folder that is itself unwritable, such as /proc/sys.
 */
export const KERNEL_SETTINGS: readonly string[] = ['acpi', 'asound', 'bus', 'driver', 'fs', 'irq', 'mtrr', 'pressure', 'scsi', 'sys', 'sysrq-trigger'];

/**
 * bubblewrap's arguments for a read-only root with mounts on it.
 *
 * Mount points that a read-only folder lacks cannot be made in it, and the folder must not be changed: such a
 * folder is rebuilt as a tmpfs in which each of its entries is bound, and made read-only at the end. Links in
 * targets are followed inside the root, so that `/etc/resolv.conf -> ../run/resolv.conf` works.
 */
export function planMounts(root: string, mounts: readonly PlannedMount[], place: (source: string) => string = (source) => source): MountPlan {
  const trees = new Map<string, Tree | undefined>([['/', { sources: [root], kind: 'read-only', owner: -1 }]]);
  const made: string[] = [];
  const rebuilt = new Map<string, { readonly directory: string; readonly source: string; readonly owner: number }>();
  const targets = mounts.map((mount, index) => {
    const { path, rebuild, missing } = resolveTarget(mount.target, trees);
    made.push(...missing);
    if (rebuild !== undefined) {
      rebuilt.set(rebuild.directory, rebuild);
      trees.set(rebuild.directory, { sources: [rebuild.source], kind: 'rebuilt', owner: rebuild.owner });
    }
    trees.set(path, treeOf(mount, index));
    return path;
  });

  const layered = mounts[0]?.kind === 'layers';
  const args: string[] = rebuilt.has('/') || layered ? [] : ['--ro-bind', place(root), '/'];
  const addRebuilt = (owner: number): void => {
    const own = [...rebuilt.values()].filter((entry) => entry.owner === owner);
    for (const { directory, source } of own.sort((a, b) => a.directory.length - b.directory.length)) {
      if (directory !== '/') args.push('--perms', '0755', '--tmpfs', directory);
      for (const entry of readdirSync(source, { withFileTypes: true })) args.push(...entryArguments(source, directory, entry, place));
    }
  };
  addRebuilt(-1);
  mounts.forEach((mount, index) => {
    args.push(...mountArguments(mount, targets[index] ?? mount.target, place));
    addRebuilt(index);
  });
  for (const directory of rebuilt.keys()) args.push('--remount-ro', directory);
  return { arguments: args, targets, made };
}

/** undefined for what begins empty: bubblewrap makes what is missing in it. */
function treeOf(mount: PlannedMount, owner: number): Tree | undefined {
  if (mount.kind === 'bind') return { sources: [mount.source], kind: mount.writable ? 'writable' : 'read-only', owner };
  if (mount.kind === 'layers') return { sources: mount.folders, kind: 'writable', owner };
  return mount.kind === 'overlay' ? { sources: [mount.lower], kind: 'writable', owner } : undefined;
}

function entryArguments(source: string, directory: string, entry: Dirent, place: (source: string) => string): readonly string[] {
  const from = posix.join(source, entry.name);
  const to = posix.join(directory, entry.name);
  if (entry.isSymbolicLink()) return ['--symlink', readlinkSync(from), to];
  return entry.isDirectory() || entry.isFile() ? ['--ro-bind', place(from), to] : [];
}

function mountArguments(mount: PlannedMount, target: string, place: (source: string) => string): readonly string[] {
  switch (mount.kind) {
    case 'bind':
      return [mount.writable ? '--bind' : '--ro-bind', place(mount.source), target];
    case 'overlay':
      return ['--overlay-src', place(mount.lower), '--overlay', place(mount.upper), place(mount.work), target];
    case 'layers':
      return layerArguments(mount, place);
    case 'tmpfs':
      return ['--perms', '1777', '--tmpfs', target];
    case 'dev':
      return ['--dev', target];
    case 'proc':
      return ['--proc', target, ...KERNEL_SETTINGS.flatMap((name) => ['--ro-bind-try', `/proc/${name}`, posix.join(target, name)])];
    case 'host-proc':
      return ['--ro-bind', '/proc', target];
  }
}

/** bubblewrap wants the lowest first. */
function layerArguments(mount: Extract<PlannedMount, { kind: 'layers' }>, place: (source: string) => string): readonly string[] {
  const sources = mount.folders
    .filter((folder) => folder !== mount.upper)
    .reverse()
    .flatMap((folder) => ['--overlay-src', place(folder)]);
  return mount.upper === undefined || mount.work === undefined
    ? [...sources, '--ro-overlay', '/']
    : [...sources, '--overlay', place(mount.upper), place(mount.work), '/'];
}

/** Follows `target` from the root through what is mounted so far. */
function resolveTarget(target: string, trees: ReadonlyMap<string, Tree | undefined>): Resolved {
  let rest = posix.normalize(target).split('/').filter(Boolean);
  let path = '/';
  let tree = trees.get('/');
  let sources = tree?.sources ?? [];
  for (let links = 0; rest.length > 0;) {
    if (tree === undefined) return { path: posix.join(path, ...rest), missing: [] };
    const [name = '', ...below] = rest;
    const next = posix.join(path, name);
    if (trees.has(next)) {
      tree = trees.get(next);
      sources = tree?.sources ?? [];
    } else {
      const inside: readonly string[] = sources.map((source) => posix.join(source, name));
      const found = lookUp(inside);
      if (found === undefined) {
        const whole = posix.join(next, ...below);
        const missing = tree.kind === 'writable' ? rest.map((_, index) => posix.join(path, ...rest.slice(0, index + 1))) : [];
        const rebuild = tree.kind === 'read-only' ? { directory: path, source: sources[0] ?? '', owner: tree.owner } : undefined;
        return { path: whole, missing, ...(rebuild === undefined ? {} : { rebuild }) };
      }
      if (found.stats.isSymbolicLink()) {
        links += 1;
        if (links > MAX_LINKS) {
          throw new TspackError({ code: 'SANDBOX_FAILED', message: `Cannot mount at '${target}': too many links on the way in the image` });
        }
        const link = readlinkSync(found.path);
        rest = [...posix.resolve(path, link).split('/').filter(Boolean), ...below];
        path = '/';
        tree = trees.get('/');
        sources = tree?.sources ?? [];
        continue;
      }
      sources = inside.slice(inside.indexOf(found.path));
      // Entries of a rebuilt folder are bound from its source, read-only as before.
      if (tree.kind === 'rebuilt') tree = { ...tree, kind: 'read-only' };
    }
    path = next;
    rest = below;
  }
  return { path, missing: [] };
}

/** The topmost entry of a name in layers. A whiteout hides those below it. */
function lookUp(paths: readonly string[]): { readonly path: string; readonly stats: Stats } | undefined {
  for (const path of paths) {
    const stats = lstatOrNothing(path);
    if (stats?.isCharacterDevice() === true && paths.length > 1) return undefined;
    if (stats !== undefined) return { path, stats };
  }
  return undefined;
}

/** In a folder that is another's, or that is a file in a lower layer, nothing is found. */
function lstatOrNothing(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (hasSystemCode(error, 'EACCES', 'ENOTDIR')) return undefined;
    throw error;
  }
}
