import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, hasSystemCode } from '../foundation/index.ts';
import { parsePackageLock } from '../debian/index.ts';
import type { PackageLock } from '../debian/index.ts';
import type { Architecture, BuilderDefinition } from './builder-file.ts';

/** Where a builder keeps the lock of an architecture. */
export function builderLockPath(builder: BuilderDefinition, architecture: Architecture): string {
  return join(builder.directory, `lock.${architecture}.json`);
}

/** Reads the lock of a builder. Throws `BUILDER_LOCK_MISSING`, `DEBIAN_LOCK_INVALID`. */
export function readBuilderLock(builder: BuilderDefinition, architecture: Architecture): PackageLock {
  const path = builderLockPath(builder, architecture);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT')) throw error;
    throw new TspackError({
      code: 'BUILDER_LOCK_MISSING',
      message: `Cannot use the builder "${builder.name}" for ${architecture}: it has no ${path}`,
      nextStep: `Run tspack builder update ${builder.name}`,
      cause: error,
    });
  }
  return parsePackageLock(text, path);
}
