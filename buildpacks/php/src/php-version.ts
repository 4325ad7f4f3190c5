import { chooseLockedRuntime, type BuildContext } from '../../../src/sdk/index.ts';
import { versionInvalid, versionUnsatisfiable } from './errors.ts';

/** The PHP of the locked packages, once it fits what is asked for. Throws `PHP_VERSION_UNSATISFIABLE`, `PHP_VERSION_INVALID`. */
export function choosePhpVersion(context: BuildContext, composer: { readonly constraint: string; readonly place: string } | undefined): string {
  const setting = context.env['BP_PHP_VERSION'];
  return chooseLockedRuntime(context, {
    title: 'PHP',
    suite: 'trixie',
    set: 'php',
    packageName: 'php8.4-fpm',
    requests: [
      ...(setting === undefined || setting === '' ? [] : [{ text: setting, place: 'BP_PHP_VERSION' }]),
      ...(composer === undefined ? [] : [{ text: composer.constraint, place: `"require" of ${composer.place}` }]),
    ],
    toRange,
    invalid: versionInvalid,
    unsatisfiable: versionUnsatisfiable,
  });
}

/** Composer's constraints as those of npm: `|` and `,` are written otherwise, `~8.1` means up to the next major version, stability flags say nothing of PHP. */
export function toRange(constraint: string): string {
  return constraint
    .replace(/@[a-z]+/gi, '')
    .split(/\s*\|\|?\s*/)
    .map(
      (part) =>
        part
          .trim()
          .replace(/\s*,\s*/g, ' ')
          .replace(/(^|\s)~\s*(\d+\.\d+)(?=\s|$)/g, '$1^$2')
          .replace(/!=\s*\S+/g, '')
          .trim() || '*',
    )
    .join(' || ');
}
