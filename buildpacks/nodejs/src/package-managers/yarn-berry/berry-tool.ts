import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { majorVersion } from '../../../../../src/sdk/index.ts';
import { isTable } from '../../manifest.ts';
import { parseYamlFile } from '../../yaml-file.ts';
import { installTool, readPrograms } from '../manager-tool.ts';
import type { OpenInputs, VersionRequest } from '../package-manager.ts';
import { berryLockfileVersion } from './berry-lockfile.ts';

/** Yarn in place. */
export interface BerryTool {
  readonly version: string;
  /** The one file that it consists of. */
  readonly script: string;
  readonly binDirectory: string;
  /** Whether it can install without devDependencies: built in from Yarn 4 on, a plugin before. */
  readonly canFocus: boolean;
  keepForLaunch(): void;
}

/** The release that the application has committed (`yarnPath`), else one from the registry. */
export async function openBerryTool(inputs: OpenInputs): Promise<BerryTool> {
  const { project } = inputs;
  const yarnrc = join(project.directory, '.yarnrc.yml');
  const settings = existsSync(yarnrc) ? await parseYamlFile(readFileSync(yarnrc, 'utf8'), '.yarnrc.yml') : {};
  const plugins = isTable(settings) ? JSON.stringify(settings['plugins'] ?? []) : '';
  const yarnPath = isTable(settings) ? settings['yarnPath'] : undefined;
  const canFocus = (version: string) => majorVersion(version) >= 4 || plugins.includes('workspace-tools');
  if (typeof yarnPath === 'string' && existsSync(join(project.directory, yarnPath))) return await useOwnRelease(inputs, yarnPath, canFocus);
  const tool = await installTool(inputs, {
    name: 'yarn',
    listed: '@yarnpkg/cli-dist',
    packageFor: () => '@yarnpkg/cli-dist',
    fallback: versionFor(project.lockfile?.text),
  });
  return {
    version: tool.version,
    script: join(tool.directory, readPrograms(tool.directory)['yarn']!),
    binDirectory: tool.binDirectory,
    canFocus: canFocus(tool.version),
    keepForLaunch: () => tool.keepForLaunch(),
  };
}

async function useOwnRelease({ context, project, runtime }: OpenInputs, yarnPath: string, canFocus: (version: string) => boolean): Promise<BerryTool> {
  const script = join(project.directory, yarnPath);
  const { stdout } = await context.run({
    command: [join(runtime.binDirectory, 'node'), script, '--version'],
    cwd: tmpdir(),
    env: { PATH: context.env['PATH'] ?? '', HOME: tmpdir(), YARN_IGNORE_PATH: '1' },
    output: () => undefined,
    asks: true,
  });
  const version = /^\d+\.\d+\.\d+\S*$/m.exec(stdout)?.[0] ?? '4.0.0';
  context.choose({ name: 'yarn', version, reason: `the application's own, ${yarnPath}` });
  const outcome = await context.layer({
    name: 'yarn',
    title: `yarn ${version}`,
    types: { cache: true },
    inputs: [{ name: 'yarnPath', value: yarnPath, readable: true }],
    create: (layer) => {
      mkdirSync(join(layer.path, 'bin'));
      for (const name of ['yarn', 'yarnpkg']) symlinkSync(script, join(layer.path, 'bin', name));
      return {};
    },
  });
  return {
    version,
    script,
    binDirectory: join(outcome.layer.path, 'bin'),
    canFocus: canFocus(version),
    keepForLaunch: () => outcome.setTypes({ cache: true, launch: true }),
  };
}

/** The newest Yarn that writes lockfiles of this format. */
function versionFor(text: string | undefined): VersionRequest {
  const format = text === undefined ? undefined : berryLockfileVersion(text);
  const source = format === undefined ? 'the default' : `the format of yarn.lock (${format})`;
  if (format === undefined || format >= 7) return { text: '4.x', source };
  return { text: format >= 5 ? '3.x' : '2.x', source };
}
