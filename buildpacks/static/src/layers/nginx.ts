import { chmodSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { debianPackagesKey, debianTriplet, digestOf, installDebianPackages, setDebianPaths, type BuildContext } from '../../../../src/sdk/index.ts';

/** nginx in its layer. */
export interface Nginx {
  /** Holds usr/ and etc/. */
  readonly directory: string;
  readonly program: string;
  readonly libraries: string;
  /** The launch tool that starts it. */
  readonly starter: string;
}

const NGINX = { suite: 'trixie', set: 'nginx' };

/** Start scripts, examples and configuration for a service of a whole machine. */
const NOT_NEEDED = [
  'etc/default/**',
  'etc/init.d/**',
  'etc/logrotate.d/**',
  'etc/ufw/**',
  'etc/nginx/sites-*/**',
  'etc/nginx/modules-*/**',
  'etc/nginx/conf.d/**',
  'usr/lib/systemd/**',
  'usr/share/nginx/**',
  'usr/share/vim/**',
  'usr/share/lintian/**',
  'usr/share/bug/**',
  'usr/share/apport/**',
  'var/lib/nginx/**',
  'var/log/**',
  'var/www/**',
];

/** The modules that every configuration of ours may use. */
export const MODULES = ['ngx_http_brotli_static_module'];

/** Installs nginx from the locked packages of Debian, and the program that starts it. */
export async function installNginx(context: BuildContext): Promise<Nginx> {
  const tool = join(context.buildpackDirectory, 'launch-tool', `launch-tool-linux-${context.target.architecture}`);
  const { layer } = await context.layer({
    name: 'nginx',
    types: { launch: true, cache: true },
    inputs: [
      { name: 'packages of Debian', value: debianPackagesKey(context, NGINX) },
      { name: 'launch tool', value: digestOf(readFileSync(tool)) },
      { name: 'layer format', value: '1' },
    ],
    create: async (layer) => {
      const { packages, components } = await installDebianPackages(context, { ...NGINX, directory: layer.path, rules: { drop: NOT_NEEDED } });
      const nginx = packages.find(({ name }) => name === 'nginx');
      context.log.line(`Installed nginx ${nginx?.version ?? ''} from ${packages.length} packages of Debian`);
      const starter = join(layer.path, 'bin/start-nginx');
      mkdirSync(dirname(starter), { recursive: true });
      copyFileSync(tool, starter);
      chmodSync(starter, 0o755);
      setDebianPaths(layer, 'launch', context.target.architecture);
      const { id, version } = context.buildpack;
      await layer.writeSbom({ subject: { name: 'nginx', version: nginx?.version ?? '' }, tool: { name: id, version }, components }, context.sbomFormats);
      return {};
    },
  });
  return {
    directory: layer.path,
    program: join(layer.path, 'usr/sbin/nginx'),
    libraries: join(layer.path, 'usr/lib', debianTriplet(context.target.architecture)),
    starter: join(layer.path, 'bin/start-nginx'),
  };
}
