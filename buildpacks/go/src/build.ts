import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readProcfile, startsWeb, type BuildContext } from '../../../src/sdk/index.ts';
import type { InstallBootstrap } from './bootstrap.ts';
import { createGoHome } from './go-command.ts';
import { findVersionRequests } from './go-version.ts';
import { buildPrograms } from './layers/programs.ts';
import { installToolchain } from './layers/toolchain.ts';
import { requireMain } from './main-folders.ts';
import { readModuleFile } from './module-files.ts';
import { removeSources } from './remove-sources.ts';
import { readSettings, type Settings } from './settings.ts';

/** Go, then the programs, then what of the source stays, then the start command. */
export async function build(context: BuildContext, installBootstrap: InstallBootstrap): Promise<void> {
  // Everything that can be wrong in the application's own files is found before anything is fetched.
  const settings = readSettings(context.env);
  const file = readModuleFile(context.applicationDirectory);
  const requests = findVersionRequests(context.env['BP_GO_VERSION'], readText(context, '.go-version'), file);
  if (file.file === 'go.mod' && settings.targets.length === 0) requireMain(context.applicationDirectory);
  const procfile = readProcfile(context.applicationDirectory);

  context.log.section('Go');
  using home = createGoHome(context);
  const { version, program } = await installToolchain(context, home, requests, installBootstrap);

  context.log.section('Programs');
  const cache = async (name: string, title: string) =>
    (await context.layer({ name, title, types: { cache: true }, inputs: [], create: () => ({}) })).layer.path;
  const go = { program, home, moduleCache: await cache('module-cache', 'modules'), buildCache: await cache('build-cache', "go's build cache") };
  const { names, embedded } = await buildPrograms({ context, go, goVersion: version, file, settings });
  if (context.execEnv !== 'test') leaveOutSources(context, settings, embedded);

  context.log.section('Start');
  addProcesses(context, names, settings.targets.length > 0, startsWeb(procfile));
}

function leaveOutSources(context: BuildContext, { keepFiles }: Settings, embedded: Parameters<typeof removeSources>[1]): void {
  const { removed, left } = removeSources(context.applicationDirectory, embedded, keepFiles);
  const why = keepFiles === undefined ? 'the build used them up' : 'BP_KEEP_FILES does not name them';
  context.log.line(`Leaving out ${removed} files, because ${why}; ${left === 0 ? 'none stays' : `${left} stay for the programs to read`}`);
}

/** A process of each program's name; `web` is the only one, the first that BP_GO_TARGETS names, or the Procfile's. */
function addProcesses(context: BuildContext, names: readonly string[], named: boolean, hasProcfileWeb: boolean): void {
  const [first] = names;
  const web = hasProcfileWeb ? undefined : names.length === 1 || named ? first : names.find((name) => /^(?:web|server|api|app)$/.test(name));
  if (web !== undefined) {
    context.addProcess({ type: 'web', command: [web], default: true });
    context.log.line(`web: ${web}${names.length === 1 ? ', the only program' : named ? ', the first of BP_GO_TARGETS' : ', by its name'}`);
  } else if (hasProcfileWeb) context.log.line('web: the Procfile has it');
  else
    context.log.warning(
      `There are ${names.length} programs, and none of them is named web, server, api or app: no process is the default one`,
      'Set BP_GO_TARGETS to the program to start, or name it in a Procfile.',
    );
  for (const name of names) if (name !== 'web') context.addProcess({ type: name, command: [name] });
}

function readText(context: BuildContext, name: string): string | undefined {
  const path = join(context.applicationDirectory, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
