import { readProcfile, startsWeb, type BuildContext } from '../../../src/sdk/index.ts';
import { readComposerFiles } from './composer-files.ts';
import { installComposerPackages } from './composer.ts';
import { extensionSets, readExtensionSetting, USUAL_SETS } from './extensions.ts';
import { installPhp } from './layers/php.ts';
import { configureServer } from './layers/server.ts';
import { choosePhpVersion } from './php-version.ts';
import { findWebDirectory, requireWebDirectory } from './web-directory.ts';

/** PHP and nginx, the packages of Composer, then the process that serves the application. */
export async function build(context: BuildContext): Promise<void> {
  const { applicationDirectory, env } = context;
  const files = readComposerFiles(applicationDirectory);
  // Before anything is installed: this is the mistake that is made most often.
  const hasOwnWeb = startsWeb(readProcfile(applicationDirectory));
  const web = hasOwnWeb ? findWebDirectory(applicationDirectory, env) : requireWebDirectory(applicationDirectory, env);

  context.log.section('PHP');
  choosePhpVersion(context, files?.php);
  const asked = extensionSets([...(files?.extensions ?? []), ...readExtensionSetting(env)]);
  const sets = [...new Set([...asked, ...(files === undefined ? USUAL_SETS : ['mbstring'])])].sort();
  context.log.line(`Extensions: ${sets.join(', ')}${files === undefined ? ' (the usual ones, because there is no composer.json)' : ''}`);
  const php = await installPhp(context, 'php', { launch: true, cache: true }, ['php', ...sets]);

  if (files === undefined) for (const layer of ['composer', 'composer-cache', 'vendor']) context.dropLayer(layer);
  else {
    context.log.section('Packages');
    await installComposerPackages(context, files, sets);
  }

  if (web === undefined) return;
  context.log.section('Server');
  context.log.line(`Serving ${web.path === '.' ? 'the application' : web.path}: ${web.reason}`);
  context.addProcess({ type: 'web', command: await configureServer(context, php, web), default: true });
}
