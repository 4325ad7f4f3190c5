import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFiles } from './shell-buildpacks.ts';

/** What a package manager does not need of a Debian. */
const LEFT_OUT = [
  ...['./proc/*', './sys/*', './dev/*', './var/lib/apt/lists/*', './var/cache/*/*', './usr/include', './usr/lib/node_modules', './usr/bin/node'],
  ...['nodejs', 'doc', 'locale', 'man', 'icu', 'zoneinfo'].map((name) => `./usr/share/${name}`),
  ...['gcc', '*/libnode*', '*/libicu*'].map((name) => `./usr/lib/${name}`),
];
/** Small ones with setuid and setgid files of others than root, a group of their own, and a script that asks for it. */
const PACKAGES = ['adduser', 'at', 'liburing2', 'plocate'];

/** Runs a command with everything that it says in the error. */
export function command(file: string, ...args: readonly string[]): string {
  try {
    return execFileSync(file, args, { encoding: 'utf8', stdio: 'pipe', maxBuffer: 1 << 28, env: { ...process.env, DOCKER_BUILDKIT: '0' } });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`${file} ${args.join(' ')}\n${stdout}${stderr}`);
  }
}

/** Whether a folder is a Debian with its package manager. */
export function hasApt(root: string | undefined): root is string {
  return root !== undefined && ['usr/bin/apt-get', 'var/lib/dpkg/status', 'etc/apt'].every((path) => existsSync(join(root, path)));
}

/** Makes a base image of Docker of an unpacked Debian, with the user that buildpacks want. */
export function importDebian(root: string, image: string, directory: string): void {
  const tar = join(directory, 'debian.tar');
  command('tar', '-cf', tar, '--numeric-owner', ...LEFT_OUT.map((path) => `--exclude=${path}`), '-C', root, '.');
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const changes = [
    `ENV CNB_USER_ID=1001 CNB_GROUP_ID=1000 PATH=${path}`,
    'USER 1001:1000',
    'LABEL io.buildpacks.base.distro.name=debian io.buildpacks.base.distro.version=13',
  ];
  command('docker', 'import', ...changes.flatMap((change) => ['--change', change]), tar, image);
  rmSync(tar);
}

/** A folder that apt takes packages from, got once from the mirror of the image: what is installed later needs no network. */
export function downloadPackages(image: string, directory: string): void {
  const index = `for f in *.deb; do
    dpkg-deb -f $f; echo "Filename: ./$f"; echo "Size: $(stat -c %s $f)"; echo "SHA256: $(sha256sum $f | cut -d' ' -f1)"; echo
  done > Packages`;
  const script = `apt-get update && apt-get install -y --no-install-recommends --download-only ${PACKAGES.join(' ')} && cd /var/cache/apt/archives && ${index}`;
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => ['-e', name]);
  const container = `${image.replaceAll(/[^a-z0-9]/g, '-')}-packages`;
  command('docker', 'run', '--name', container, '--user', '0', '--network', 'host', ...proxies, image, 'sh', '-c', script);
  mkdirSync(join(directory, '..'), { recursive: true });
  command('docker', 'cp', `${container}:/var/cache/apt/archives`, directory);
  command('docker', 'rm', container);
  for (const name of ['partial', 'lock']) rmSync(join(directory, name), { recursive: true, force: true });
  chmodSync(directory, 0o755);
}

/** Everything that differs from run to run is removed, as in any image that is to be made again. */
export const INSTALL = `ARG base_image
FROM \${base_image}
ARG user_id
ARG group_id
USER root
RUN stat -c '%u:%g %a %n' /etc/shadow /usr/bin/passwd /var/mail > /opt/base-owners
COPY --chown=7:8 packages /opt/packages
RUN echo 'deb [trusted=yes] file:/opt/packages ./' > /etc/apt/sources.list \\
 && apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends at plocate \\
 && rm -rf /opt/packages /var/lib/apt/lists /var/cache/apt /var/log /var/cache/ldconfig/aux-cache \\
 && chown daemon:mail /opt && install -o daemon -g mail -m 2640 /dev/null /tmp/mine
ENV EXTENDED=yes PATH=/opt/bin:$PATH
WORKDIR /srv/work
LABEL extended=yes
USER \${user_id}:\${group_id}
`;

/** An extension that installs packages into both images, and a buildpack that looks at what is there. */
export function writeAptExtension(directory: string): { readonly extension: string; readonly buildpack: string } {
  const extension = writeFiles(join(directory, 'extension'), {
    'extension.toml': 'api = "0.10"\n[extension]\nid = "test/apt"\nversion = "1"\n',
    'detect/plan.toml': '[[provides]]\nname = "at"\n',
    'generate/build.Dockerfile': INSTALL,
    'generate/run.Dockerfile': INSTALL,
  });
  const buildpack = writeFiles(join(directory, 'buildpack'), {
    'buildpack.toml': 'api = "0.10"\n[buildpack]\nid = "test/app"\nversion = "1"\n',
    'bin/detect': '#!/bin/bash\nprintf \'[[requires]]\\nname = "at"\\n\' > "$2"\n',
    'bin/build': `#!/bin/bash
set -e
mkdir "$1/seen"
{ id -u; echo "$PATH"; cat /opt/base-owners; stat -c '%a %n' /usr/bin/at /usr/bin/plocate; getent group plocate; ls /opt; } > "$1/seen/file"
printf '[types]\\nlaunch = true\\n' > "$1/seen.toml"
printf '[[processes]]\\ntype = "web"\\ncommand = ["cat", "/layers/test_app/seen/file"]\\ndefault = true\\n' > "$1/launch.toml"
`,
  });
  return { extension, buildpack };
}

/** A builder.toml with the extension before the buildpack. */
export const BUILDER_TOML = (image: string) => `[[buildpacks]]
uri = "buildpack"
[[extensions]]
uri = "extension"
[[order]]
[[order.group]]
id = "test/app"
version = "1"
[[order-extensions]]
[[order-extensions.group]]
id = "test/apt"
version = "1"
[build]
image = "docker:${image}"
[run]
[[run.images]]
image = "docker:${image}"
`;
