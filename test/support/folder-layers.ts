import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LayerTree, LayersDirectory, PathKind } from '../../src/lifecycle/layers-directory.ts';

/** A `<layers>` that is one plain folder, for tests without a cache below. */
export class FolderLayers implements LayersDirectory {
  readonly root: string;
  refreshCount = 0;

  constructor(root: string) {
    this.root = root;
  }

  readFile(path: string): Uint8Array | undefined {
    const file = join(this.root, path);
    return existsSync(file) ? readFileSync(file) : undefined;
  }

  readdir(path: string): readonly string[] | undefined {
    return this.kind(path) === 'directory' ? readdirSync(join(this.root, path)).sort() : undefined;
  }

  kind(path: string): PathKind | undefined {
    const stats = lstatSync(join(this.root, path), { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'symlink' : 'other';
  }

  writeFile(path: string, bytes: Uint8Array | string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), bytes);
  }

  mkdir(path: string): void {
    mkdirSync(join(this.root, path), { recursive: true });
  }

  rename(from: string, to: string): void {
    renameSync(join(this.root, from), join(this.root, to));
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
  }

  refresh(): Promise<void> {
    this.refreshCount++;
    return Promise.resolve();
  }

  layerTree(path: string): LayerTree | undefined {
    return this.kind(path) === 'directory' ? { kind: 'folder', folder: join(this.root, path) } : undefined;
  }
}
