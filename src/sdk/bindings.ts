import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasSystemCode } from '../foundation/index.ts';

/** A service binding: a folder that the platform mounts (`buildpack.md#provided-by-the-platform`, servicebinding.io). */
export interface Binding {
  readonly name: string;
  /** Lower case: types are compared without regard to case. */
  readonly type: string;
  readonly provider: string | undefined;
  readonly directory: string;
  /** Names of its files, `type` and `provider` among them. */
  readonly keys: readonly string[];
  /** The content of one of its files, untrimmed; undefined when there is none. */
  read(key: string): string | undefined;
}

/** The bindings below `<platform>/bindings`, or `SERVICE_BINDING_ROOT` where that is set, in name order. Folders without a `type` are left out. */
export function readBindings(platformDirectory: string, env: Readonly<Record<string, string>>): readonly Binding[] {
  const root = env['SERVICE_BINDING_ROOT'] ?? join(platformDirectory, 'bindings');
  return listDirectory(root)
    .map((name) => readBinding(name, join(root, name)))
    .filter((binding) => binding !== undefined);
}

function readBinding(name: string, directory: string): Binding | undefined {
  const read = (key: string) => readText(join(directory, key));
  const type = read('type')?.trim().toLowerCase();
  if (type === undefined || type === '') return undefined;
  // Kubernetes mounts `..data` links beside the keys.
  const keys = listDirectory(directory).filter((key) => !key.startsWith('..') && statSync(join(directory, key), { throwIfNoEntry: false })?.isFile() === true);
  return { name, type, provider: read('provider')?.trim(), directory, keys, read };
}

function listDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    throw error;
  }
}
