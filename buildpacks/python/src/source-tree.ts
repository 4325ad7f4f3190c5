import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFile, isFolder } from '../../../src/sdk/index.ts';
import type { SourceTree } from './start/web-application.ts';

/** Larger files hold data, and no application is found in them. */
const MAXIMUM_BYTES = 1_000_000;

/** The application's folder as what start commands are looked for in. */
export function openSourceTree(applicationDirectory: string): SourceTree {
  return {
    isFile: (path) => isFile(applicationDirectory, path),
    isDirectory: (path) => isFolder(applicationDirectory, path),
    list: (folder) => (isFolder(applicationDirectory, folder) ? readdirSync(join(applicationDirectory, folder)).sort() : []),
    read: (path) => readFileSync(join(applicationDirectory, path), 'utf8').slice(0, MAXIMUM_BYTES),
  };
}
