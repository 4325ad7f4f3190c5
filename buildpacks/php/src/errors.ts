import { TspackError, type CommandResult } from '../../../src/sdk/index.ts';

export function composerFileInvalid(file: string, reason: string): TspackError {
  return new TspackError({
    code: 'PHP_COMPOSER_FILE_INVALID',
    message: `Cannot read ${file}: ${reason}`,
    nextStep: 'Run `composer validate` and correct what it names.',
  });
}

export function extensionUnknown(name: string, place: string, near: readonly string[]): TspackError {
  return new TspackError({
    code: 'PHP_EXTENSION_UNKNOWN',
    message: `Cannot install the PHP extension "${name}" that ${place} asks for: Debian has none of that name for PHP 8.4`,
    nextStep: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'Remove it, or use what can do without.',
  });
}

export function versionInvalid(text: string, place: string): TspackError {
  return new TspackError({
    code: 'PHP_VERSION_INVALID',
    message: `Cannot read "${text}" of ${place} as versions of PHP`,
    nextStep: 'Write a constraint such as "^8.2" or ">=8.1".',
  });
}

export function versionUnsatisfiable(text: string, place: string, offered: string): TspackError {
  return new TspackError({
    code: 'PHP_VERSION_UNSATISFIABLE',
    message: `Cannot find a PHP for "${text}" of ${place}: the distribution of this builder has PHP ${offered}`,
    nextStep: 'Allow this version, such as with "^8.2", and test the application with it.',
  });
}

export function webDirectoryInvalid(path: string, reason: string): TspackError {
  return new TspackError({
    code: 'PHP_WEB_DIR_INVALID',
    message: `Cannot serve the folder "${path}" of BP_PHP_WEB_DIR: ${reason}`,
    nextStep: 'Set BP_PHP_WEB_DIR to the folder of index.php, relative to the application.',
  });
}

export function webDirectoryMissing(looked: readonly string[]): TspackError {
  return new TspackError({
    code: 'PHP_WEB_DIR_MISSING',
    message: `Cannot tell which folder to serve: none of ${looked.map((path) => (path === '.' ? 'the application itself' : path)).join(', ')} has an index.php`,
    nextStep: 'Set BP_PHP_WEB_DIR to the folder of index.php, or write a Procfile with a web process.',
  });
}

/** What Composer could not do, as far as its output tells. */
export function composerFailed(args: string, { exitCode, tail }: CommandResult): TspackError {
  const command = `composer ${args}`;
  const cause = [
    {
      code: 'PHP_PACKAGES_UNAUTHORIZED',
      pattern: /(?:HTTP\/\S+ 40[13]|Could not authenticate|Invalid credentials|requires? authentication)/i,
      message: 'a registry of packages wants other credentials',
      nextStep: 'Give them by a binding of type "composer" with the file auth.json.',
    },
    {
      code: 'PHP_PACKAGES_UNREACHABLE',
      pattern:
        /(?:curl error|could not be (?:fully loaded|downloaded)|Could not resolve host|network is (?:down|unreachable)|Connection (?:refused|timed out)|HTTP\/\S+ 5\d\d|status code: [45]\d\d)/i,
      message: 'a registry of packages cannot be reached',
      nextStep: 'Check the network and "repositories" of composer.json; a mirror can be named there.',
    },
    {
      code: 'PHP_LOCKFILE_OUT_OF_STEP',
      pattern: /(?:lock file is not up to date|is not present in the lock file|lock file does not contain a compatible set)/i,
      message: 'composer.lock was made for another composer.json',
      nextStep: 'Run `composer update --lock`, or `composer update`, and commit composer.lock.',
    },
    {
      code: 'PHP_REQUIREMENT_UNMET',
      pattern: /Your (?:requirements could not be resolved|lock file does not contain)/i,
      message: 'its requirements cannot be met together',
      nextStep: 'Read what Composer says above, and change the versions in composer.json.',
    },
  ].find(({ pattern }) => pattern.test(tail));
  return new TspackError({
    code: cause?.code ?? 'PHP_COMPOSER_FAILED',
    message: `Cannot install the packages: \`${command}\` ended with ${exitCode ?? 'a signal'}${cause === undefined ? '' : `, because ${cause.message}`}`,
    nextStep: cause?.nextStep ?? 'Read what Composer says above; make the same command work in a fresh checkout first.',
  });
}
