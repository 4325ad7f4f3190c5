import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { orderToml } from './scenario.ts';
import type { Scenario, ScenarioBuildpack } from './scenario.ts';

/** The build container of a scenario, as a folder: this machine's programs in /usr, nothing else of it. */
export interface ConformanceRoot {
  readonly root: string;
  /** Host path of a path inside. */
  at(path: string): string;
  /** Empty `<layers>`, application and platform folder, as a new container has them. */
  startRound(round: number): void;
  /** What executables recorded in the round, by the name of buildpack and executable. */
  records(round: number): Readonly<Record<string, string>>;
  /** Everything below a folder: path to kind, mode and content. */
  listing(path: string): Readonly<Record<string, string>>;
}

/** Environment of the build container that phases start with. */
export const CONTAINER_ENV = {
  PATH: '/usr/bin:/bin',
  HOME: '/home/cnb',
  HOSTNAME: 'build-host',
  CPATH: '/image/include',
  CNB_USER_ID: '1001',
  CNB_GROUP_ID: '1000',
  SECRET_OF_THE_IMAGE: 'not for buildpacks',
} as const;

export const RUN_IMAGE_MIRROR = 'mirror.example/run';

const OS_RELEASE = 'ID=debian\nVERSION_ID="13"\nNAME="Debian"\n';

/** Makes a root for a scenario. `launcher` is the host path of what becomes /cnb/lifecycle/launcher. */
export function createConformanceRoot(root: string, scenario: Scenario, runImage: string, launcher: string): ConformanceRoot {
  const at = (path: string): string => join(root, path);
  const write = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(at(path)), { recursive: true, mode: 0o755 });
    writeFileSync(at(path), text);
    chmodSync(at(path), mode);
  };
  for (const folder of [
    'usr',
    'dev',
    'proc',
    'tmp',
    'etc',
    'home/cnb',
    'cnb/buildpacks',
    'cnb/extensions',
    'cnb/build-config/env',
    'cache',
    'record',
    'scratch',
  ]) {
    mkdirSync(at(folder), { recursive: true, mode: 0o755 });
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) if (existsSync(`/${name}`)) symlinkSync(`usr/${name}`, at(name));
  write('etc/passwd', 'cnb:x:1001:1000::/home/cnb:/bin/bash\n');
  write('etc/os-release', OS_RELEASE);
  write('cnb/lifecycle/launcher', '', 0o755);
  writeFileSync(at('cnb/lifecycle/launcher'), readFileSync(launcher));
  const mirrors = `mirrors = ["${RUN_IMAGE_MIRROR}"]\n`;
  write('cnb/run.toml', `[[images]]\nimage = "${runImage}"\n${mirrors}`);
  write('cnb/stack.toml', `[run-image]\nimage = "${runImage}"\n${mirrors}`);
  const members = scenario.buildpacks.map(({ name }) => name).join(' ');
  const extensions = scenario.orderExtensions === undefined ? '' : orderToml(scenario.orderExtensions, 'order-extensions');
  write('cnb/order.toml', `${orderToml(scenario.order ?? members)}${extensions}`);
  if (scenario.system !== undefined) write('cnb/system.toml', scenario.system);
  for (const buildpack of scenario.buildpacks) writeBuildpack(write, buildpack);
  for (const { name, api, files } of scenario.extensions ?? []) {
    const [id = '', version = ''] = name.split('@');
    const folder = `cnb/extensions/${id.replaceAll('/', '_')}/${version}`;
    write(`${folder}/extension.toml`, `api = "${api ?? '0.10'}"\n[extension]\nid = "${id}"\nversion = "${version}"\n`);
    for (const [path, text] of Object.entries(files)) write(`${folder}/${path}`, text, path.startsWith('bin/') ? 0o755 : 0o644);
  }

  return {
    root,
    at,
    startRound(round) {
      for (const folder of ['layers', 'workspace', 'platform']) {
        rmSync(at(folder), { recursive: true, force: true });
        mkdirSync(at(folder), { mode: 0o755 });
      }
      mkdirSync(at('platform/env'), { mode: 0o755 });
      mkdirSync(at(`record/${round}`), { recursive: true, mode: 0o777 });
      write('record/round', String(round));
      write('workspace/app.txt', 'the application\n');
      for (const [path, text] of Object.entries(scenario.files ?? {})) {
        if (text === null) rmSync(at(path), { recursive: true, force: true });
        else write(path, text);
      }
    },
    records(round) {
      const folder = at(`record/${round}`);
      return Object.fromEntries(readdirSync(folder).map((name) => [name, withSortedPlan(readFileSync(join(folder, name), 'utf8'))]));
    },
    listing: (path) => listing(at(path)),
  };
}

const PLAN_HEADING = '--- plan\n';

/** The reference's entries come from a Go map, in another order each time. A record ends with its plan. */
function withSortedPlan(record: string): string {
  const [before = '', plan] = record.split(PLAN_HEADING);
  if (plan === undefined) return record;
  const entries = plan.split(/^(?=\[\[entries\]\])/m).map((entry) => entry.trimEnd());
  return `${before}${PLAN_HEADING}${entries.sort().join('\n\n')}`;
}

function writeBuildpack(write: (path: string, text: string, mode?: number) => void, buildpack: ScenarioBuildpack): void {
  const [id = '', version = ''] = buildpack.name.split('@');
  const escaped = id.replaceAll('/', '_');
  const folder = `cnb/buildpacks/${escaped}/${version}`;
  const toml = buildpack.toml ?? '';
  write(`${folder}/buildpack.toml`, `api = "${buildpack.api}"\n[buildpack]\nid = "${id}"\nversion = "${version}"\n${buildpack.info ?? ''}\n${toml}\n`);
  if (toml.includes('[[order]]')) return;
  for (const executable of ['detect', 'build'] as const) {
    const raw = buildpack.raw?.[executable];
    if (raw === null) continue;
    const plan = executable === 'detect' ? '$2' : '$3';
    const text = raw ?? `${recorder(`${executable} ${escaped}@${version}`, plan)}${buildpack[executable] ?? ''}\n`;
    write(`${folder}/bin/${executable}`, text, 0o755);
  }
}

/**
 * Records, for each run, what the process was started with. Names of plan files are the lifecycle's own, and the shell's
 * PWD says nothing that the working directory does not.
 */
const recorder = (name: string, plan: string): string => `#!/bin/bash
round=$(</record/round)
{
  echo "--- arguments"; printf '%s\\n' "$@"
  echo "--- folder"; pwd
  echo "--- user"; id -u; id -g; umask
  echo "--- input"; cat
  echo "--- environment"; tr '\\0' '\\n' < /proc/$$/environ | grep -v '^PWD=' | LC_ALL=C sort
  echo "--- plan"; cat "${plan}"
} | sed "s|${plan}|<plan>|g" >> "/record/$round/${name}"
`;

function listing(folder: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = (path: string): void => {
    const host = join(folder, path);
    const stat = lstatSync(host);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) found[path] = `link ${readlinkSync(host)}`;
    else if (stat.isFile()) found[path] = `file ${mode} ${readFileSync(host, 'latin1')}`;
    else if (stat.isDirectory()) {
      if (path !== '') found[path] = `folder ${mode}`;
      for (const name of readdirSync(host).sort()) visit(path === '' ? name : `${path}/${name}`);
    } else found[path] = `other ${mode}`;
  };
  if (existsSync(folder)) visit('');
  return found;
}
