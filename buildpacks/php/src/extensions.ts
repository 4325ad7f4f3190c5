import { nearestNames } from '../../../src/sdk/index.ts';
import { extensionUnknown } from './errors.ts';

/** An extension that something asks for: `ext-gd` of composer.json. */
export interface WantedExtension {
  readonly name: string;
  readonly place: string;
}

/** Extensions that PHP always has here. */
const ALWAYS = new Set(
  (
    'calendar core ctype date exif ffi fileinfo filter ftp gettext hash iconv json libxml opcache openssl pcntl pcre pdo phar posix random readline reflection session ' +
    'shmop sockets sodium spl standard sysvmsg sysvsem sysvshm tokenizer zend-opcache zlib'
  ).split(' '),
);

/** Which package set an extension is in, where that is called otherwise. */
const SETS: Readonly<Record<string, string>> = {
  dom: 'xml',
  mysqli: 'mysql',
  mysqlnd: 'mysql',
  pdo_mysql: 'mysql',
  pdo_pgsql: 'pgsql',
  pdo_sqlite: 'sqlite3',
  simplexml: 'xml',
  xmlreader: 'xml',
  xmlwriter: 'xml',
};

/** Sets that are named like their extension; `packages/trixie.toml` declares all of them. */
const NAMED =
  'amqp apcu bcmath bz2 curl ds gd gmp igbinary imagick intl ldap mbstring memcached mongodb msgpack mysql pgsql redis soap sqlite3 tidy uuid xml xsl yaml zip zstd'.split(
    ' ',
  );

/** What PHP's own images have compiled in: for applications that do not say what they need. */
export const USUAL_SETS = ['curl', 'mbstring', 'mysql', 'pgsql', 'sqlite3', 'xml'];

/** The package sets of the wanted extensions, sorted. Throws `PHP_EXTENSION_UNKNOWN`. */
export function extensionSets(wanted: readonly WantedExtension[]): readonly string[] {
  const sets = wanted.flatMap(({ name, place }) => {
    const extension = name.toLowerCase();
    if (ALWAYS.has(extension)) return [];
    const set = SETS[extension] ?? extension;
    if (!NAMED.includes(set)) throw extensionUnknown(name, place, nearestNames(extension, [...NAMED, ...Object.keys(SETS), ...ALWAYS]));
    return [set];
  });
  return [...new Set(sets)].sort();
}

/** `BP_PHP_EXTENSIONS`: names separated by spaces or commas, with or without `ext-`. */
export function readExtensionSetting(env: Readonly<Record<string, string>>): readonly WantedExtension[] {
  return (env['BP_PHP_EXTENSIONS'] ?? '')
    .split(/[\s,]+/)
    .filter((name) => name !== '')
    .map((name) => ({ name: name.replace(/^ext-/, ''), place: 'BP_PHP_EXTENSIONS' }));
}
