import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, readProcfile, startsWeb, type BuildContext } from '../../../src/sdk/index.ts';
import { precompileAssets } from './assets.ts';
import { installGems, type RubyTools } from './bundler.ts';
import { readGemFiles } from './gemfile.ts';
import { installRubies } from './layers.ts';
import { linkPrograms } from './programs.ts';
import { rubyEnv } from './ruby-root.ts';
import { chooseRubyVersion } from './ruby-version.ts';
import { chooseStart } from './start-command.ts';

/** What frameworks read to tell production from development. */
const PRODUCTION = { APP_ENV: 'production', RACK_ENV: 'production', RAILS_ENV: 'production', RAILS_LOG_TO_STDOUT: '1', RAILS_SERVE_STATIC_FILES: '1' };

/** Ruby, the gems, the assets, then the process that serves the application. */
export async function build(context: BuildContext): Promise<void> {
  const { applicationDirectory, target, env } = context;
  const gems = readGemFiles(applicationDirectory);
  context.log.section('Ruby');
  const version = chooseRubyVersion(context);
  const rubies = await installRubies(context, gems !== undefined);
  const gemHome = join(context.layersDirectory, 'gems');

  if (gems === undefined || rubies.build === undefined) context.dropLayer('gems');
  else {
    context.log.section('Gems');
    const built = rubyEnv([rubies.build, ...rubies.others], gemHome, target.architecture);
    const path = [join(rubies.build, 'usr/bin'), env['PATH'] ?? '/usr/bin:/bin'].join(':');
    const tools: RubyTools = { directory: rubies.build, env: { ...env, ...built, PATH: path, ...PRODUCTION } };
    await installGems(context, gems, tools, { ruby: version, packages: packagesKey(rubies.others) });
    await precompileAssets(context, gems, tools);
  }

  context.log.section('Process');
  const roots = [...new Set([rubies.launch, ...rubies.others])];
  const folders = [join(gemHome, 'bin'), ...roots.map((root) => join(root, 'usr/bin'))];
  const launch = { PATH: join(rubies.launch, 'usr/bin'), ...rubyEnv(roots, gemHome, target.architecture), ...PRODUCTION };
  const programs = await linkPrograms(context, folders, launch);
  if (startsWeb(readProcfile(applicationDirectory))) return;
  const { command, reason } = chooseStart(applicationDirectory, gems !== undefined, (name) => programs.has(name));
  context.log.line(`web: ${command.join(' ')} (${reason})`);
  context.addProcess({ type: 'web', command, default: true });
}

/** Which packages lie in folders of others, with their versions. */
function packagesKey(roots: readonly string[]): string {
  const folders = roots.map((root) => join(root, 'var/lib/dpkg/status.d')).filter((folder) => existsSync(folder));
  return digestOf(
    JSON.stringify(
      folders.flatMap((folder) =>
        readdirSync(folder)
          .sort()
          .map((name) => [name, digestOf(readFileSync(join(folder, name)))]),
      ),
    ),
  );
}
