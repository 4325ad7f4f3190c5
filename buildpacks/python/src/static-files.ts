import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { digestFiles, digestOf, environmentDigest, listFiles, type BuildContext } from '../../../src/sdk/index.ts';
import { collectstaticFailed } from './errors.ts';
import { exitText, pythonEnvironment, type Python } from './python.ts';
import type { DjangoProject } from './start/django.ts';

/**
 * Runs `manage.py collectstatic` where the settings have a STATIC_ROOT, unless source, packages and environment are those of the last
 * build: then the files of that build are put in place. `BP_DJANGO_COLLECTSTATIC=false` leaves it out. Throws `PYTHON_COLLECTSTATIC_FAILED`.
 */
export async function collectStaticFiles(inputs: {
  readonly context: BuildContext;
  readonly python: Python;
  /** The virtual environment. */
  readonly environment: string;
  readonly project: DjangoProject | undefined;
  /** Changes with the installed packages. */
  readonly packages: string;
}): Promise<void> {
  const { context, python, environment, project, packages } = inputs;
  const { applicationDirectory, log, env } = context;
  const off = /^(?:0|false|no)$/i.test(env['BP_DJANGO_COLLECTSTATIC'] ?? '');
  if (project === undefined || !project.hasStaticRoot || off) {
    if (project !== undefined) log.line(`Static files are not collected: ${off ? 'BP_DJANGO_COLLECTSTATIC is false' : 'no settings have a STATIC_ROOT'}`);
    context.dropLayer('static-files');
    return;
  }
  const outcome = await context.layer({
    name: 'static-files',
    title: 'collected static files',
    types: { cache: true },
    inputs: [
      { name: 'the source', value: digestFiles(applicationDirectory, listFiles(applicationDirectory)) },
      { name: 'the packages', value: digestOf(packages) },
      { name: 'the environment', value: environmentDigest(context) },
      { name: 'Python version', value: python.version, readable: true },
    ],
    create: async (layer) => {
      const command = [join(environment, 'bin/python'), 'manage.py', 'collectstatic', '--noinput', '--traceback'];
      log.line('python manage.py collectstatic --noinput');
      const result = await context.run({ command, cwd: applicationDirectory, env: pythonEnvironment(context, python), output: (text) => log.output(text) });
      if (result.exitCode !== 0) throw collectstaticFailed(exitText(result));
      const folder = collectedFolder(result.stdout, applicationDirectory);
      if (folder === undefined) return { folder: '' };
      cpSync(join(applicationDirectory, folder), join(layer.path, 'files'), { recursive: true, verbatimSymlinks: true });
      return { folder };
    },
  });
  const { folder } = outcome.data;
  if (folder === '') return;
  if (outcome.status === 'reused') placeFiles(join(outcome.layer.path, 'files'), join(applicationDirectory, folder));
  context.addSlice([folder, `${folder}/**`]);
}

/** Where Django says that it put them, relative to the application; undefined for nowhere, or a place outside of it. */
export function collectedFolder(output: string, applicationDirectory: string): string | undefined {
  const path = /\d+ static files? (?:copied|symlinked)(?: to '([^']+)')?/.exec(output)?.[1];
  if (path === undefined || !existsSync(path)) return undefined;
  const folder = relative(applicationDirectory, path);
  return folder === '' || folder.startsWith('..') ? undefined : folder;
}

function placeFiles(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}
