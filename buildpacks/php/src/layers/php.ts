import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  debianPackagesKey,
  debianTriplet,
  installDebianPackages,
  type BuildContext,
  type LayerDirectory,
  type LayerRequest,
} from '../../../../src/sdk/index.ts';

/** A PHP in a layer. */
export interface Php {
  /** Holds usr/, etc/ and conf/. */
  readonly directory: string;
  /** Variables with which its programs find their libraries, extensions and settings. */
  readonly env: Readonly<Record<string, string>>;
}

/** Development files, start scripts, and other ways to run PHP. */
const NOT_NEEDED = [
  'etc/apache2/**',
  'etc/cron*/**',
  'etc/default/**',
  'etc/init.d/**',
  'etc/logrotate.d/**',
  'etc/nginx/{conf.d,modules-*,sites-*}/**',
  'etc/php/**',
  'etc/ufw/**',
  'usr/lib/systemd/**',
  'usr/lib/tmpfiles.d/**',
  'usr/share/bash-completion/**',
  'usr/share/nginx/**',
  'usr/share/vim/**',
  'var/lib/nginx/**',
  'var/log/**',
  'var/www/**',
].flatMap((glob) => (glob.includes('{') ? ['conf.d', 'modules-*', 'sites-*'].map((name) => glob.replace(/\{.*\}/, name)) : [glob]));

/** Settings for servers: errors go to the log and not to visitors, nothing but /tmp is written to, code does not change. */
const SETTINGS = [
  'display_errors = Off',
  'error_reporting = E_ALL & ~E_DEPRECATED',
  'expose_php = Off',
  // Else each message is logged twice: by php-fpm, and by nginx, which is sent it too.
  'fastcgi.logging = 0',
  'log_errors = On',
  'opcache.validate_timestamps = 0',
  'session.save_path = /tmp',
  'sys_temp_dir = /tmp',
  'upload_tmp_dir = /tmp',
  'variables_order = EGPCS',
  'zend.assertions = -1',
];

/** Installs a PHP with sets of packages, its extensions switched on. */
export async function installPhp(
  context: BuildContext,
  name: string,
  types: LayerRequest<Record<string, never>>['types'],
  sets: readonly string[],
): Promise<Php> {
  const packages = { suite: 'trixie', set: sets };
  const { layer } = await context.layer({
    name,
    title: name === 'php' ? 'PHP and nginx' : 'Composer',
    types,
    inputs: [
      { name: 'packages of Debian', value: debianPackagesKey(context, packages) },
      { name: 'extensions', value: sets.join(' '), readable: true },
      { name: 'layer format', value: '1' },
    ],
    create: async (target) => {
      const { packages: installed, components } = await installDebianPackages(context, { ...packages, directory: target.path, rules: { drop: NOT_NEEDED } });
      context.log.line(`Installed ${installed.length} packages of Debian`);
      writeSettings(target);
      moveIncludes(target.path);
      const { id, version } = context.buildpack;
      if (types.launch === true) await target.writeSbom({ subject: { name: 'php' }, tool: { name: id, version }, components }, context.sbomFormats);
      return {};
    },
  });
  return { directory: layer.path, env: phpEnv(layer.path, context.target.architecture) };
}

/** PHP has its folders compiled in; these say where they are instead. */
export function phpEnv(directory: string, architecture: string): Readonly<Record<string, string>> {
  return {
    LD_LIBRARY_PATH: join(directory, 'usr/lib', debianTriplet(architecture)),
    PHPRC: join(directory, 'conf/php.ini'),
    PHP_INI_SCAN_DIR: join(directory, 'conf/conf.d'),
  };
}

function writeSettings({ path }: LayerDirectory): void {
  const folder = join(path, 'conf/conf.d');
  mkdirSync(folder, { recursive: true });
  const api = join(path, 'usr/lib/php');
  const extensions = readdirSync(api).find((name) => /^\d{8}$/.test(name));
  if (extensions === undefined) throw new Error(`no extensions of PHP in ${api}`);
  const lines = [`extension_dir = ${join(api, extensions)}`, `include_path = .:${join(path, 'usr/share/php')}`, ...SETTINGS];
  writeFileSync(join(path, 'conf/php.ini'), `${lines.join('\n')}\n`);
  for (const { name, text } of moduleSettings(path)) writeFileSync(join(folder, name), text);
}

/** PHP programs of Debian include each other by absolute paths. */
function moveIncludes(path: string): void {
  const folder = join(path, 'usr/share/php');
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.php')) continue;
    const file = join(entry.parentPath, entry.name);
    const text = readFileSync(file, 'utf8');
    const moved = text.replace(/(?<=["'])(?=\/usr\/share\/)/g, path);
    if (moved !== text) writeFileSync(file, moved);
  }
}

/** `usr/share/php8.4-<package>/<package>/<module>.ini`, which phpenmod would link by their priority. */
function moduleSettings(path: string): readonly { readonly name: string; readonly text: string }[] {
  const share = join(path, 'usr/share');
  return readdirSync(share)
    .filter((name) => /^php8\.4-/.test(name))
    .flatMap((name) => {
      const folder = join(share, name, name.slice('php8.4-'.length));
      if (!existsSync(folder)) return [];
      return readdirSync(folder)
        .filter((file) => file.endsWith('.ini'))
        .map((file) => {
          const text = readFileSync(join(folder, file), 'utf8');
          const priority = /^;\s*priority\s*=\s*(\d+)/m.exec(text)?.[1] ?? '20';
          return { name: `${priority}-${basename(file)}`, text };
        });
    });
}
