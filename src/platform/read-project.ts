import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SpecFileError, parseProjectDescriptor } from '../cnb/index.ts';
import { TspackError, hasSystemCode } from '../foundation/index.ts';
import type { ProjectDescriptor } from '../cnb/index.ts';
import type { LocalBuildOptions } from './api.ts';

/** A project descriptor and the folder that its relative paths start from. */
export interface Project {
  readonly descriptor: ProjectDescriptor;
  readonly file: string;
  readonly directory: string;
}

/** No project descriptor comes near. */
const MAXIMUM_BYTES = 10_000_000;

/**
 * The descriptor that the user names, else project.toml in the source folder; undefined where there is none. Throws
 * `DESCRIPTOR_UNREADABLE` and `DESCRIPTOR_INVALID`.
 */
export function readProject({ path, descriptor }: Pick<LocalBuildOptions, 'path' | 'descriptor'>): Project | undefined {
  const file = descriptor ?? join(path, 'project.toml');
  let text: string;
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw unreadable(file, 'it is not a file');
    if (stat.size > MAXIMUM_BYTES) throw unreadable(file, `it is larger than ${MAXIMUM_BYTES} bytes`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof TspackError) throw error;
    if (descriptor === undefined && hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw unreadable(file, hasSystemCode(error, 'ENOENT') ? 'there is no such file' : ((error as NodeJS.ErrnoException).code ?? String(error)), error);
  }
  return { descriptor: parse(text.replace(/^\ufeff/, ''), file), file, directory: dirname(file) };
}

/** The file is the user's own: a fault in it is one of usage, unlike one in a file of a buildpack. */
function parse(text: string, file: string): ProjectDescriptor {
  try {
    return parseProjectDescriptor(text, file);
  } catch (error) {
    if (!(error instanceof SpecFileError || (error instanceof TspackError && error.code === 'TOML_INVALID'))) throw error;
    throw new TspackError({ code: 'DESCRIPTOR_INVALID', message: error.message, nextStep: error.nextStep ?? `Correct ${file}`, cause: error });
  }
}

function unreadable(file: string, why: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'DESCRIPTOR_UNREADABLE',
    message: `Cannot read the project descriptor "${file}": ${why}`,
    nextStep: 'Name a project.toml with --descriptor',
    cause,
  });
}
