import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildContext } from '../../../../../src/sdk/index.ts';
import { isTable } from '../../manifest.ts';

/** The npm that is part of the builder. */
export interface BuilderNpm {
  readonly directory: string;
  readonly version: string;
  /** Node.js versions that it runs on. */
  readonly node: string;
}

/** Reads the builder's npm; undefined where there is none, such as in a foreign builder. */
export function readBuilderNpm(env: Readonly<Record<string, string>>): BuilderNpm | undefined {
  const directory = env['TSPACK_NPM'] ?? '/cnb/tspack/npm';
  const file = join(directory, 'package.json');
  if (!existsSync(file)) return undefined;
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isTable(value) || typeof value['version'] !== 'string') return undefined;
  const engines = value['engines'];
  return {
    directory,
    version: value['version'],
    node: isTable(engines) && typeof engines['node'] === 'string' ? engines['node'] : '*',
  };
}

/** A folder for PATH with `npm` and `npx` of the builder; npm's own bin folder wants to lie beside Node.js. */
export interface BuilderPrograms extends Disposable {
  /** undefined without a builder's npm. */
  readonly directory: string | undefined;
}

export function openBuilderPrograms(builder: BuilderNpm | undefined): BuilderPrograms {
  if (builder === undefined) return { directory: undefined, [Symbol.dispose]: () => undefined };
  const directory = mkdtempSync(join(tmpdir(), 'npm-bin-'));
  linkNpmPrograms(builder.directory, directory);
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Makes `npm` and `npx` of the npm in a folder programs of another folder. */
export function linkNpmPrograms(npmDirectory: string, binDirectory: string): void {
  for (const name of ['npm', 'npx']) symlinkSync(join(npmDirectory, 'bin', `${name}-cli.js`), join(binDirectory, name));
}

/** Asks npm's own configuration for the registry; undefined without a builder's npm. */
export async function askNpmForRegistry(context: BuildContext, builder = readBuilderNpm(context.env)): Promise<string | undefined> {
  if (builder === undefined) return undefined;
  const command = [process.execPath, join(builder.directory, 'bin/npm-cli.js'), 'config', 'get', 'registry'];
  const { exitCode, stdout } = await context.run({
    command,
    cwd: tmpdir(),
    env: { ...context.env, npm_config_update_notifier: 'false' },
    output: () => undefined,
    asks: true,
  });
  const url = stdout.trim().split('\n').at(-1) ?? '';
  return exitCode === 0 && /^https?:\/\//.test(url) ? url : undefined;
}
