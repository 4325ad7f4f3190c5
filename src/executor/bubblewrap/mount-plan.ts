import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { TspackError } from '../../foundation/index.ts';
import type { Dirent } from 'node:fs';
import type { Mount } from '../index.ts';

/** What the sandbox itself provides, beside the mounts of its caller. */
export type PlannedMount = Mount | { readonly kind: 'proc' | 'host-proc' | 'dev'; readonly target: string };

/** A folder of the sandbox whose content is known here: the root, or a bound folder. */
interface Tree {
  readonly source: string;
  /** bubblewrap can make missing mount points everywhere in a `writable` one, and directly in a `rebuilt` one. */
  readonly kind: 'read-only' | 'writable' | 'rebuilt';
  /** Index of the mount that put it there; -1 for the root. */
  readonly owner: number;
}

interface Resolved {
  readonly path: string;
  /** The deepest folder that exists, when the mount point below it can not be made there. */
  readonly rebuild?: { readonly directory: string; readonly source: string; readonly owner: number };
}

const MAX_LINKS = 40;

/**
 * Read-only in a new /proc: many of these files ask only whether the writer is the machine's root, and a sandbox of root
 * is that, capabilities or not. bubblewrap covers no folder that is itself unwritable, such as /proc/sys.
 */
const KERNEL_SETTINGS = ['acpi', 'asound', 'bus', 'driver', 'fs', 'irq', 'mtrr', 'pressure', 'scsi', 'sys', 'sysrq-trigger'];

/**
 * bubblewrap's arguments for a read-only root with mounts on it.
 *
 * Mount points that a read-only folder lacks cannot be made in it, and the folder must not be changed: such a
 * folder is rebuilt as a tmpfs in which each of its entries is bound, and made read-only at the end. Links in
 * targets are followed inside the root, so that `/etc/resolv.conf -> ../run/resolv.conf` works.
 */
export function planMounts(root: string, mounts: readonly PlannedMount[]): readonly string[] {
  const trees = new Map<string, Tree | undefined>([['/', { source: root, kind: 'read-only', owner: -1 }]]);
  const rebuilt = new Map<string, { readonly directory: string; readonly source: string; readonly owner: number }>();
  const targets = mounts.map((mount, index) => {
    const { path, rebuild } = resolveTarget(mount.target, trees);
    if (rebuild !== undefined) {
      rebuilt.set(rebuild.directory, rebuild);
      trees.set(rebuild.directory, { source: rebuild.source, kind: 'rebuilt', owner: rebuild.owner });
    }
    trees.set(path, treeOf(mount, index));
    return path;
  });

  const args: string[] = rebuilt.has('/') ? [] : ['--ro-bind', root, '/'];
  const addRebuilt = (owner: number): void => {
    const own = [...rebuilt.values()].filter((entry) => entry.owner === owner);
    for (const { directory, source } of own.sort((a, b) => a.directory.length - b.directory.length)) {
      if (directory !== '/') args.push('--perms', '0755', '--tmpfs', directory);
      for (const entry of readdirSync(source, { withFileTypes: true })) args.push(...entryArguments(source, directory, entry));
    }
  };
  addRebuilt(-1);
  mounts.forEach((mount, index) => {
    args.push(...mountArguments(mount, targets[index] ?? mount.target));
    addRebuilt(index);
  });
  for (const directory of rebuilt.keys()) args.push('--remount-ro', directory);
  return args;
}

/** undefined for what begins empty: bubblewrap makes what is missing in it. */
function treeOf(mount: PlannedMount, owner: number): Tree | undefined {
  if (mount.kind === 'bind') return { source: mount.source, kind: mount.writable ? 'writable' : 'read-only', owner };
  return mount.kind === 'overlay' ? { source: mount.lower, kind: 'writable', owner } : undefined;
}

function entryArguments(source: string, directory: string, entry: Dirent): readonly string[] {
  const from = posix.join(source, entry.name);
  const to = posix.join(directory, entry.name);
  if (entry.isSymbolicLink()) return ['--symlink', readlinkSync(from), to];
  return entry.isDirectory() || entry.isFile() ? ['--ro-bind', from, to] : [];
}

function mountArguments(mount: PlannedMount, target: string): readonly string[] {
  switch (mount.kind) {
    case 'bind':
      return [mount.writable ? '--bind' : '--ro-bind', mount.source, target];
    case 'overlay':
      return ['--overlay-src', mount.lower, '--overlay', mount.upper, mount.work, target];
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

/** Follows `target` from the root through what is mounted so far. */
function resolveTarget(target: string, trees: ReadonlyMap<string, Tree | undefined>): Resolved {
  let rest = posix.normalize(target).split('/').filter(Boolean);
  let path = '/';
  let tree = trees.get('/');
  let source = tree?.source ?? '';
  for (let links = 0; rest.length > 0;) {
    if (tree === undefined) return { path: posix.join(path, ...rest) };
    const [name = '', ...below] = rest;
    const next = posix.join(path, name);
    if (trees.has(next)) {
      tree = trees.get(next);
      source = tree?.source ?? '';
    } else {
      const inside: string = posix.join(source, name);
      const stat = lstatSync(inside, { throwIfNoEntry: false });
      if (stat === undefined) {
        const whole = posix.join(next, ...below);
        return tree.kind === 'read-only' ? { path: whole, rebuild: { directory: path, source, owner: tree.owner } } : { path: whole };
      }
      if (stat.isSymbolicLink()) {
        links += 1;
        if (links > MAX_LINKS) {
          throw new TspackError({ code: 'SANDBOX_FAILED', message: `Cannot mount at '${target}': too many links on the way in the image` });
        }
        const link = readlinkSync(inside);
        rest = [...posix.resolve(path, link).split('/').filter(Boolean), ...below];
        path = '/';
        tree = trees.get('/');
        source = tree?.source ?? '';
        continue;
      }
      source = inside;
      // Entries of a rebuilt folder are bound from its source, read-only as before.
      if (tree.kind === 'rebuilt') tree = { ...tree, kind: 'read-only' };
    }
    path = next;
    rest = below;
  }
  return { path };
}
