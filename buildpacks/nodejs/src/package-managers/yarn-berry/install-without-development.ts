import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext } from '../../../../../src/sdk/index.ts';
import type { Extent } from '../package-manager.ts';
import { runInstallation, type ManagerProgram } from '../run-manager.ts';

/**
 * Yarn 2 and 3 know no installation without devDependencies unless a plugin adds it. They do keep to the versions of yarn.lock when
 * package.json asks for less, so they are shown one without devDependencies; both files are put back afterwards.
 */
export async function installWithoutDevelopment(
  context: BuildContext,
  program: ManagerProgram,
  directory: string,
  folders: readonly string[],
  extent: Extent,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const files = [join(directory, 'yarn.lock'), ...folders.map((folder) => join(directory, folder, 'package.json'))].filter((file) => existsSync(file));
  const before = files.map((file) => [file, readFileSync(file)] as const);
  if (extent === 'production') {
    for (const [file, content] of before.filter(([path]) => path.endsWith('package.json'))) {
      const { devDependencies: _, ...manifest } = JSON.parse(content.toString('utf8').replace(/^\uFEFF/, '')) as Record<string, unknown>;
      writeFileSync(file, JSON.stringify(manifest));
    }
  }
  try {
    await runInstallation(context, program, ['install', '--no-immutable'], { cwd: directory, env });
  } finally {
    for (const [file, content] of before) writeFileSync(file, content);
  }
}
