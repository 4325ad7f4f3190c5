import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext } from '../../../src/sdk/index.ts';
import type { ComposerFiles } from './composer-files.ts';
import { restoreVendor } from './layers/vendor.ts';
import { describePackages } from './composer-sbom.ts';
import { composerFailed } from './errors.ts';
import { installPhp } from './layers/php.ts';

/**
 * Installs the packages of composer.json into `vendor`, which is a slice of the application: the autoloader finds classes by
 * where it lies. Packages of the last build are the start of the next. Throws `PHP_COMPOSER_FAILED` and what tells why.
 */
export async function installComposerPackages(context: BuildContext, files: ComposerFiles, sets: readonly string[]): Promise<void> {
  const php = await installPhp(context, 'composer', { cache: true }, ['composer', ...sets]);
  const { layer: cache } = await context.layer({ name: 'composer-cache', types: { cache: true }, inputs: [], create: () => ({}) });
  if (!files.hasLock)
    context.log.warning('There is no composer.lock, so each build may install other versions', 'Run `composer update` and commit composer.lock.');
  const args = [
    'install',
    ...(context.execEnv === 'production' ? ['--no-dev'] : []),
    '--no-interaction',
    '--no-progress',
    '--optimize-autoloader',
    ...(context.env['BP_COMPOSER_INSTALL_OPTIONS'] ?? '').split(/\s+/).filter((word) => word !== ''),
  ];
  context.log.line(`composer ${args.join(' ')}`);
  const home = join(cache.path, 'home');
  mkdirSync(home, { recursive: true });
  const kept = await restoreVendor(context, files);
  const auth = context.bindings.find(({ type, keys }) => type === 'composer' && keys.includes('auth.json'))?.read('auth.json');
  if (auth !== undefined) writeFileSync(join(home, 'auth.json'), auth, { mode: 0o600 });
  try {
    const result = await context.run({
      command: [join(php.directory, 'usr/bin/php8.4'), join(php.directory, 'usr/bin/composer'), ...args],
      cwd: context.applicationDirectory,
      env: {
        ...context.env,
        ...php.env,
        PATH: [join(php.directory, 'usr/bin'), context.env['PATH'] ?? '/usr/bin:/bin'].join(':'),
        COMPOSER_HOME: home,
        COMPOSER_CACHE_DIR: join(cache.path, 'files'),
        COMPOSER_ALLOW_SUPERUSER: '1',
        COMPOSER_FUND: '0',
        COMPOSER_NO_AUDIT: '1',
        COMPOSER_MEMORY_LIMIT: '-1',
      },
      output: (text) => context.log.output(text),
    });
    if (result.exitCode !== 0) throw composerFailed(args.join(' '), result);
  } finally {
    // It is cached, and holds what a binding keeps.
    rmSync(join(home, 'auth.json'), { force: true });
  }
  if (!existsSync(join(context.applicationDirectory, 'vendor'))) return;
  await kept.save();
  context.addSlice(['vendor/**']);
  const { id, version } = context.buildpack;
  await context.writeLaunchSbom({ subject: { name: 'application' }, tool: { name: id, version }, components: describePackages(context.applicationDirectory) });
}
