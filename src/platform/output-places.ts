import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { TspackError, hasSystemCode } from '../foundation/index.ts';
import type { Stats } from 'node:fs';
import type { Output, ResultFiles } from './api.ts';

/**
 * Looks at the places of all outputs before a build, not after it: a layout may be made or added to, an archive made or
 * replaced. Nothing else is ever written over. Throws `OUTPUT_UNUSABLE`.
 */
export function requireOutputPlaces(outputs: readonly Output[]): void {
  for (const output of outputs) {
    if (!('path' in output)) continue;
    const problem = output.kind === 'oci' ? layoutProblem(output.path) : archiveProblem(output.path);
    if (problem === undefined) continue;
    throw new TspackError({
      code: 'OUTPUT_UNUSABLE',
      message: `Cannot write to ${output.kind}:${output.path}: ${problem}`,
      nextStep: output.kind === 'oci' ? 'Name a new or empty folder, or an OCI layout' : 'Name a new file, or one to replace',
    });
  }
}

/** The same for folders that get files of a build: those of `--report-output-dir` and so on. Throws `OUTPUT_UNUSABLE`. */
export function requireResultFolders(folders: readonly (string | undefined)[]): void {
  for (const folder of folders) {
    if (folder === undefined) continue;
    const stat = statOf(folder);
    const problem = stat === undefined ? parentProblem(folder) : stat.isDirectory() ? accessProblem(folder) : 'it is not a folder';
    if (problem === undefined) continue;
    throw new TspackError({
      code: 'OUTPUT_UNUSABLE',
      message: `Cannot write to ${folder}: ${problem}`,
      nextStep: 'Name a folder that can be written to, or a new one',
    });
  }
}

/** The same for files about the result. Throws `OUTPUT_UNUSABLE`. */
export function requireResultFiles({ tektonResults: _folder, ...files }: ResultFiles): void {
  for (const path of Object.values(files)) if (path !== undefined) requireFilePlace(path);
}

/** The same for one file. Throws `OUTPUT_UNUSABLE`. */
export function requireFilePlace(path: string): void {
  const problem = archiveProblem(path);
  if (problem === undefined) return;
  throw new TspackError({ code: 'OUTPUT_UNUSABLE', message: `Cannot write to ${path}: ${problem}`, nextStep: 'Name a new file, or one to replace' });
}

function layoutProblem(path: string): string | undefined {
  const stat = statOf(path);
  if (stat === undefined) return parentProblem(path);
  if (!stat.isDirectory()) return 'it is not a folder';
  const unwritable = accessProblem(path);
  if (unwritable !== undefined) return unwritable;
  const names = readdirSync(path);
  return names.length === 0 || names.includes('oci-layout') || names.includes('index.json') ? undefined : 'the folder holds other things';
}

function archiveProblem(path: string): string | undefined {
  const stat = statOf(path);
  if (stat?.isDirectory() === true) return 'it is a folder';
  if (stat?.isFile() === false) return 'it is not a regular file';
  return parentProblem(path);
}

/** The nearest folder that is there: what is missing below it is made. */
function parentProblem(path: string): string | undefined {
  let parent = dirname(path);
  while (!existsSync(parent) && dirname(parent) !== parent) parent = dirname(parent);
  return statSync(parent).isDirectory() ? accessProblem(parent) : `${parent} is not a folder`;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function accessProblem(directory: string): string | undefined {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `${directory} cannot be written to (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
}
