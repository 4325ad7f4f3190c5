import { join } from 'node:path';
import { exitText, type BuildContext } from '../../../src/sdk/index.ts';
import { buildScriptFailed } from './errors.ts';
import type { PackageManager } from './package-managers/package-manager.ts';
import type { Project } from './project.ts';

/** Scripts to run while building. */
export interface ScriptRun {
  readonly context: BuildContext;
  readonly manager: PackageManager;
  readonly project: Project;
  /** Names, in the order in which they run. */
  readonly scripts: readonly string[];
}

/** A script of one package.json. */
export interface Step {
  /** Folder of the package.json, relative to the root. */
  readonly folder: string;
  readonly script: string;
  /** Its command line, with those that run before and after it. */
  readonly lines: readonly (string | undefined)[];
}

/** Every script that runs, in order: `build` of the members that the application needs, then the application's own. */
export function stepsOf({ project, scripts }: Pick<ScriptRun, 'project' | 'scripts'>): readonly Step[] {
  const needed = (project.workspace?.needed ?? []).filter((member) => member !== project.workspace?.app);
  const linesOf = (lines: Readonly<Record<string, string>>, name: string) => [`pre${name}`, name, `post${name}`].map((script) => lines[script]);
  return [
    ...needed
      .filter(({ manifest }) => manifest.scripts['build'] !== undefined)
      .map(({ path, manifest }) => ({ folder: path, script: 'build', lines: linesOf(manifest.scripts, 'build') })),
    ...scripts.map((script) => ({ folder: project.part, script, lines: linesOf(project.manifest.scripts, script) })),
  ];
}

/** Runs the scripts. Throws `NODE_BUILD_SCRIPT_FAILED`. */
export async function runScripts(run: ScriptRun): Promise<void> {
  const { context, manager, project } = run;
  for (const { folder, script, lines } of stepsOf(run)) {
    context.log.line(`${manager.name} run ${script}${folder === project.part ? '' : ` in ${folder}`} (${lines[1] ?? ''})`);
    const result = await manager.runScript(script, join(project.directory, folder), { NODE_ENV: context.env['NODE_ENV'] ?? 'production' });
    if (result.exitCode !== 0) throw buildScriptFailed(script, `${manager.name} run ${script}`, exitText(result), result.tail);
  }
}
