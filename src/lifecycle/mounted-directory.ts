import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Stats } from 'node:fs';
import { TspackError, hasSystemCode } from '../foundation/index.ts';
import type { HostPath, SandboxPath } from '../executor/index.ts';

/** A folder of the host and where processes in the sandbox see it. The two are the same where there is no sandbox. */
export interface MountedDirectory {
  readonly hostPath: HostPath;
  readonly sandboxPath: SandboxPath;
  /**
   * The unpacked image that the folder is part of: links then lead where a process would follow them, anywhere in the
   * image and never out of it. Without it, links out of the folder lead nowhere.
   */
  readonly root?: HostPath;
}

/** A folder inside a mounted one. */
export function mountedChild(directory: MountedDirectory, ...parts: readonly string[]): MountedDirectory {
  return {
    hostPath: join(directory.hostPath, ...parts) as HostPath,
    sandboxPath: join(directory.sandboxPath, ...parts) as SandboxPath,
    ...(directory.root === undefined ? {} : { root: directory.root }),
  };
}

/** What is read into memory: descriptors, plans, environment values. */
const MAXIMUM_BYTES = 10_000_000;
const MAXIMUM_LINKS = 40;

/**
 * Reads a small regular file below a mounted folder; undefined when there is none. Links are followed as a process
 * inside sees them, and never out of the folder (of its image, where it has one): what a buildpack wrote must not make the host read its own files.
 * Throws `FILE_TOO_LARGE`.
 */
export function readMountedFile(directory: MountedDirectory, path: string): Uint8Array | undefined {
  const found = resolveMounted(directory, path);
  // A named pipe would block for ever.
  if (found === undefined || !found.stats.isFile()) return undefined;
  if (found.stats.size > MAXIMUM_BYTES) {
    throw new TspackError({
      code: 'FILE_TOO_LARGE',
      message: `Cannot read "${join(directory.sandboxPath, path)}": it is larger than ${MAXIMUM_BYTES} bytes`,
      nextStep: 'Make the file smaller, or tell the author of the program that wrote it',
    });
  }
  return readFileSync(found.hostPath);
}

/** As {@link readMountedFile}, decoded. */
export function readMountedText(directory: MountedDirectory, path: string): string | undefined {
  const bytes = readMountedFile(directory, path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

/** Names in a folder below a mounted one, sorted by bytes; none when there is no such folder. */
export function listMounted(directory: MountedDirectory, path: string): readonly string[] {
  const found = resolveMounted(directory, path);
  if (found === undefined || !found.stats.isDirectory()) return [];
  return readdirSync(found.hostPath).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** The regular files of an environment folder such as `<platform>/env`, by name. */
export function readMountedEnv(directory: MountedDirectory, path: string): ReadonlyMap<string, Uint8Array> {
  return new Map(
    listMounted(directory, path).flatMap((name) => {
      const bytes = readMountedFile(directory, join(path, name));
      return bytes === undefined ? [] : [[name, bytes] as const];
    }),
  );
}

/** Where on the host a path below the folder really is, all links followed; undefined when there is nothing, or not inside. */
export function resolveMounted(mounted: MountedDirectory, below: string): { readonly hostPath: string; readonly stats: Stats } | undefined {
  const directory = mounted.root === undefined ? mounted : { hostPath: mounted.root, sandboxPath: '/' };
  const path = mounted.root === undefined ? below : `${mounted.sandboxPath}/${below}`;
  const open = path.split('/');
  const done: string[] = [];
  let stats = lstat(directory.hostPath);
  for (let links = 0; open.length > 0;) {
    const part = open.shift()!;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      // Above the root of an image is the root.
      if (done.pop() === undefined && mounted.root === undefined) return undefined;
      stats = lstat(join(directory.hostPath, ...done));
      continue;
    }
    const candidate = join(directory.hostPath, ...done, part);
    stats = lstat(candidate);
    if (stats === undefined) return undefined;
    if (!stats.isSymbolicLink()) {
      done.push(part);
      continue;
    }
    if (++links > MAXIMUM_LINKS) return undefined;
    const target = readlinkSync(candidate);
    if (target.startsWith('/')) {
      const inside = directory.sandboxPath === '/' ? '/' : `${directory.sandboxPath}/`;
      if (!`${target}/`.startsWith(inside)) return undefined;
      done.length = 0;
      open.unshift(...target.slice(inside.length).split('/'));
    } else open.unshift(...target.split('/'));
    stats = lstat(join(directory.hostPath, ...done));
  }
  return stats === undefined ? undefined : { hostPath: join(directory.hostPath, ...done), stats };
}

function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
