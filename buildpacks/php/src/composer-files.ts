import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, parseJsonFile } from '../../../src/sdk/index.ts';
import { composerFileInvalid } from './errors.ts';
import type { WantedExtension } from './extensions.ts';

/** What composer.json and composer.lock say of the platform they need. */
export interface ComposerFiles {
  /** The constraint on PHP, and the file that has it. */
  readonly php: { readonly constraint: string; readonly place: string } | undefined;
  readonly extensions: readonly WantedExtension[];
  readonly hasLock: boolean;
  /** Over everything in both files that decides which packages are installed. */
  readonly digest: string;
}

type Json = Readonly<Record<string, unknown>>;

/** undefined without a composer.json. Throws `JSON_INVALID` with line and column, and `PHP_COMPOSER_FILE_INVALID`. */
export function readComposerFiles(directory: string): ComposerFiles | undefined {
  const manifest = readObject(directory, 'composer.json');
  if (manifest === undefined) return undefined;
  const lock = readObject(directory, 'composer.lock');
  if (lock !== undefined && !Array.isArray(lock['packages'])) throw composerFileInvalid('composer.lock', 'it has no list "packages"');
  const required = requirements(manifest['require'], 'composer.json');
  const locked = ((lock?.['packages'] ?? []) as readonly unknown[])
    .filter(isObject)
    .flatMap((each) => requirements(each['require'], `${String(each['name'])} in composer.lock`));
  const php = required.find(({ name }) => name === 'php');
  return {
    php: php === undefined ? undefined : { constraint: php.constraint, place: 'composer.json' },
    extensions: [...required, ...locked].filter(({ name }) => name.startsWith('ext-')).map(({ name, place }) => ({ name: name.slice(4), place })),
    hasLock: lock !== undefined,
    digest: digestOf(JSON.stringify([manifest['require'], manifest['repositories'], manifest['config'], lock?.['content-hash'], lock?.['packages']])),
  };
}

function requirements(value: unknown, place: string): readonly { readonly name: string; readonly constraint: string; readonly place: string }[] {
  if (value === undefined || Array.isArray(value)) return [];
  if (!isObject(value)) throw composerFileInvalid(place, '"require" is not an object');
  return Object.entries(value).map(([name, constraint]) => ({ name: name.toLowerCase(), constraint: String(constraint), place }));
}

function readObject(directory: string, file: string): Json | undefined {
  const path = join(directory, file);
  if (!existsSync(path)) return undefined;
  const value = parseJsonFile(
    readFileSync(path, 'utf8'),
    file,
    file === 'composer.lock' ? 'Run `composer update --lock` and commit the file.' : 'Correct composer.json.',
  );
  if (!isObject(value)) throw composerFileInvalid(file, 'want one JSON object');
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
