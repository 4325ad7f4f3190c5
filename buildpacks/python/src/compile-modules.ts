import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildContext } from '../../../src/sdk/index.ts';
import { pythonEnvironment, type Python } from './python.ts';

/** How many processes share the work. A number of its own, and not that of the cores: what a process compiled before shows in its files. */
const PROCESSES = 4;
/** With fewer files than this, starting processes takes longer than they save. */
const FEW_FILES = 100;

/**
 * Compiles all modules below a folder. The files hold a digest of the source instead of its time, and nobody compares it: layers do
 * not change. Modules that do not compile are left alone: packages have some for other versions of Python.
 */
export async function compileModules(context: BuildContext, python: Python, directory: string): Promise<void> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.py'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const processes = files.length < FEW_FILES ? 1 : PROCESSES;
  const lists = mkdtempSync(join(tmpdir(), 'compile-modules-'));
  try {
    await Promise.all(
      Array.from({ length: processes }, async (_, share) => {
        const list = join(lists, String(share));
        writeFileSync(list, files.filter((_file, index) => index % processes === share).join('\n'));
        // PYTHONDONTWRITEBYTECODE stays set: otherwise what the program itself imports is written with times.
        const command = [python.executable, '-m', 'compileall', '-q', '--invalidation-mode', 'unchecked-hash', '-i', list];
        await context.run({ command, cwd: '/', env: pythonEnvironment(context, python), output: () => undefined });
      }),
    );
  } finally {
    rmSync(lists, { recursive: true, force: true });
  }
}
