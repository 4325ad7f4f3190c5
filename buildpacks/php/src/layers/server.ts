import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type BuildContext } from '../../../../src/sdk/index.ts';
import { formatFpmConfig } from '../fpm-config.ts';
import { formatNginxConfig } from '../nginx-config.ts';
import { START_SCRIPT } from '../start-script.ts';
import type { WebDirectory } from '../web-directory.ts';
import type { Php } from './php.ts';

/** Writes the configuration of nginx and php-fpm and the program that starts both; returns the command of the web process. */
export async function configureServer(context: BuildContext, php: Php, web: WebDirectory): Promise<readonly string[]> {
  const { applicationDirectory } = context;
  const root = join(applicationDirectory, web.path);
  const nginx = formatNginxConfig({
    nginxDirectory: php.directory,
    root,
    isFrontController: existsSync(join(root, 'index.php')),
    // Locations of the user's own, as in other PHP buildpacks.
    include: existsSync(join(applicationDirectory, '.nginx.conf.d')) ? join(applicationDirectory, '.nginx.conf.d', '*-server.conf') : undefined,
  });
  const fpm = formatFpmConfig(applicationDirectory);
  const { layer } = await context.layer({
    name: 'server',
    title: 'configuration',
    types: { launch: true },
    inputs: [
      { name: 'nginx configuration', value: digestOf(nginx) },
      { name: 'php-fpm configuration', value: digestOf(fpm) },
      { name: 'start script', value: digestOf(START_SCRIPT) },
      { name: '.php.ini.d', value: String(existsSync(join(applicationDirectory, '.php.ini.d'))) },
    ],
    create({ path, setEnv }) {
      mkdirSync(join(path, 'bin'), { recursive: true });
      writeFileSync(join(path, 'nginx.conf'), nginx);
      writeFileSync(join(path, 'php-fpm.conf'), fpm);
      writeFileSync(join(path, 'bin/start-php'), START_SCRIPT);
      chmodSync(join(path, 'bin/start-php'), 0o755);
      for (const [name, value] of Object.entries(php.env))
        setEnv('launch', name, name === 'LD_LIBRARY_PATH' ? 'prepend' : 'default', value, name === 'LD_LIBRARY_PATH' ? ':' : undefined);
      // A folder of the user's own settings comes after ours.
      if (existsSync(join(applicationDirectory, '.php.ini.d')))
        setEnv('launch', 'PHP_INI_SCAN_DIR', 'default', `${php.env['PHP_INI_SCAN_DIR']!}:${join(applicationDirectory, '.php.ini.d')}`);
      setEnv('launch', 'PATH', 'prepend', [join(php.directory, 'usr/bin'), join(php.directory, 'usr/sbin')].join(':'), ':');
      setEnv('launch', 'PHP_FPM_MAX_CHILDREN', 'default', '16');
      return {};
    },
  });
  return [join(layer.path, 'bin/start-php'), php.directory, layer.path];
}
