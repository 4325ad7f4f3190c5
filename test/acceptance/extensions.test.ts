import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMachine } from '../../src/compose/machine.ts';
import { removeTree } from '../../src/foundation/index.ts';
import { BUILDER_TOML, command, downloadPackages, hasApt, importDebian, writeAptExtension } from '../support/apt-extension.ts';
import { listImageFiles } from '../support/container-files.ts';
import { installPackage } from '../support/installed-package.ts';
import { findProgram, skipWithout } from '../support/requirement.ts';
import { writeFiles } from '../support/shell-buildpacks.ts';
import { imageIdOf, lastLine, runTspack, startTspack, testHome } from '../support/tspack-command.ts';
import type { CommandOptions, Ended } from '../support/tspack-command.ts';

const debian = process.env['TSPACK_TEST_ROOT'];
const programs = ['docker', 'setpriv', 'unshare', 'mount', 'newuidmap', 'newgidmap'];
const isPossible = process.getuid?.() === 0 && programs.every((name) => findProgram(name) !== undefined) && hasApt(debian);
const BASE = `tspack-test-extensions-base:${process.pid}`;
const APP = `tspack-test-extensions-app:${process.pid}`;
const WANTED = `tspack-test-extensions-wanted:${process.pid}`;
const [ONE_ID, MANY_IDS] = [65_534, 4_321];

describe.skipIf(skipWithout(`root, ${programs.join(', ')}, and the folder TSPACK_TEST_ROOT of a Debian with apt`, isPossible))('image extensions', () => {
  const place = mkdtempSync(join(tmpdir(), 'tspack-apt-'));
  const at = (...parts: readonly string[]) => join(place, ...parts);
  let images = '';

  beforeAll(async () => {
    chmodSync(place, 0o755);
    importDebian(debian!, BASE, place);
    const { extension } = writeAptExtension(place);
    downloadPackages(BASE, join(extension, 'generate/context/packages'));
    writeFiles(at('app'), { 'app.txt': 'application\n' });
    writeFileSync(at('builder.toml'), BUILDER_TOML(BASE));
    installPackage(at('package'));
    lastLine(await runTspack(['builder', 'create', 'test/builder', '--config', at('builder.toml'), '--output', `oci:${at('builder')}`]));
    command('docker', 'save', '--output', at('base.tar'), BASE);
    chmodSync(at('base.tar'), 0o644);
  }, 300_000);
  afterAll(() => {
    removeTree(place);
    command('docker', 'rmi', '--force', BASE, APP, WANTED);
  });

  const where = () => ['--builder', `oci:${at('builder')}`, '--run-image', `docker-archive:${at('base.tar')}`, '--path', at('app')];
  const build = (options: CommandOptions = {}, ...more: readonly string[]): Promise<Ended> =>
    runTspack(['build', APP, ...where(), '--verbose', ...more], { root: at('package'), ...options });

  /** A data folder of somebody, with what is expensive to make. */
  function homeOf(uid: number): CommandOptions['env'] {
    const home = at(`home-${uid}`);
    const { cache } = openMachine({ ...process.env, TSPACK_HOME: testHome() }, place).home();
    mkdirSync(home);
    for (const kept of ['images', 'debian'])
      if (existsSync(join(cache, kept)))
        cpSync(join(cache, kept), join(home, 'tspack/cache', kept), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    command('chown', '-R', '--no-dereference', `${uid}:${uid}`, home);
    return { HOME: home, TSPACK_HOME: join(home, 'tspack'), npm_config_userconfig: '/dev/null' };
  }

  const becoming = (uid: number) => ['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--inh-caps=-all', '--'];

  /** Somebody with subordinate ids, on a machine that knows him. */
  function machineWith(uid: number): readonly string[] {
    const files = {
      passwd: `root:x:0:0::/root:/bin/sh\nordinary:x:${uid}:${uid}::/:/bin/sh\n`,
      subuid: 'ordinary:3000000:65536\n',
      subgid: 'ordinary:3000000:65536\n',
    };
    const mounts = Object.entries(files).map(([name, text]) => {
      writeFileSync(at(name), text);
      return `mount --bind '${at(name)}' /etc/${name}`;
    });
    return ['unshare', '--mount', 'sh', '-c', `touch /etc/subuid /etc/subgid; ${mounts.join(' && ')} && exec "$@"`, 'sh', ...becoming(uid)];
  }

  let asRoot: Ended;

  it('install packages into build and run image as root', { timeout: 300_000 }, async () => {
    asRoot = await build({}, '--output', 'docker');
    expect(lastLine(asRoot)).toContain(APP);
    expect(asRoot.stderr).toContain('Root of image extensions is mapped');
    images = imageIdOf(asRoot);
    const seen = command('docker', 'run', '--rm', APP);
    expect(seen.replace(/^(plocate:x):\d+:$/m, '$1').split('\n')).toEqual([
      ...['1001', '/opt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ...[
        '0:42 640 /etc/shadow',
        '0:0 4755 /usr/bin/passwd',
        '0:8 2775 /var/mail',
        '6755 /usr/bin/at',
        '2755 /usr/bin/plocate',
        'plocate:x',
        'base-owners',
        '',
      ],
    ]);
  });

  it('make what Docker makes of the same Dockerfile', { timeout: 300_000 }, async () => {
    const context = at('extension/generate/context');
    const builtWith = [`base_image=${BASE}`, 'user_id=1001', 'group_id=1000'].flatMap((argument) => ['--build-arg', argument]);
    command('docker', 'build', '--quiet', '--network', 'host', ...builtWith, '--tag', WANTED, '--file', at('extension/generate/run.Dockerfile'), context);
    const ofBuild = /^(?:cnb|layers|workspace)(?:\/|$)/;
    const [found, wanted] = [await listImageFiles(APP), await listImageFiles(WANTED)];
    expect(Object.fromEntries([...found].filter(([path]) => !ofBuild.test(path)))).toEqual(Object.fromEntries(wanted));
    expect(wanted.get('usr/bin/at')).toMatch(/^file 6755 1:1 /);
    const configs = [APP, WANTED].map((image) => JSON.parse(command('docker', 'image', 'inspect', '--format', '{{json .Config}}', image)) as ImageSettings);
    const [own, dockers] = configs as [ImageSettings, ImageSettings];
    expect(own.Env).toEqual(expect.arrayContaining(['EXTENDED=yes']));
    expect(dockers.Env.filter((entry) => !entry.startsWith('PATH='))).toEqual(own.Env.filter((entry) => !/^(?:PATH|CNB_(?!USER_ID|GROUP_ID)\w+)=/.test(entry)));
    expect(own.User).toBe(dockers.User);
    expect(own.Labels).toMatchObject(dockers.Labels);
  });

  it.each([
    ['with one id', ONE_ID, becoming, 'Root of image extensions is emulated'],
    ['with subordinate ids', MANY_IDS, machineWith, 'Root of image extensions is mapped'],
  ])('make the same image for an ordinary user %s', { timeout: 300_000 }, async (_, uid, become, method) => {
    const ended = await build({ env: homeOf(uid)!, prefix: become(uid) });
    lastLine(ended);
    expect(ended.stderr).toContain(method);
    expect(imageIdOf(ended)).toBe(images);
  });

  it('leave nothing of a killed build to the next one, whoever owns it', { timeout: 300_000 }, async () => {
    const slow = writeFiles(at('slow'), {
      'extension.toml': 'api = "0.10"\n[extension]\nid = "test/slow"\nversion = "1"\n',
      'detect/plan.toml': '[[provides]]\nname = "at"\n',
      'generate/build.Dockerfile':
        'ARG base_image\nFROM ${base_image}\nUSER root\nRUN install -d -o daemon -m 700 /made/deep && echo step $((40 + 2)) && sleep 600\n',
    });
    const options = {
      env: { HOME: at(`home-${MANY_IDS}`), TSPACK_HOME: at(`home-${MANY_IDS}/tspack`), npm_config_userconfig: '/dev/null' },
      root: at('package'),
    };
    const words = (...more: readonly string[]) => ['build', APP, ...where(), '--verbose', ...more];
    const killed = startTspack(words('--extension', slow), { ...options, prefix: machineWith(MANY_IDS) });
    const pending = at(`home-${MANY_IDS}/tspack/cache/dockerfile/pending`);
    try {
      // Only the shell says the sum: the instruction itself, which is printed before it runs, does not.
      await killed.says('step 42');
      expect(readdirSync(pending)).toHaveLength(1);
    } finally {
      killed.child.kill('SIGKILL');
      await killed.ended;
    }
    expect(imageIdOf(await runTspack(words(), { ...options, prefix: machineWith(MANY_IDS) }))).toBe(images);
    expect(readdirSync(pending)).toEqual([]);
  });

  const HEAD = 'ARG base_image\nFROM ${base_image}\n';
  it.each<[string, Readonly<Record<string, string>>, number, RegExp]>([
    ['leaves root in the run image', { 'generate/run.Dockerfile': `${HEAD}USER root\nRUN echo > /made\n` }, 102, /leave "root" as its user, which is root/],
    [
      'fails in RUN',
      { 'generate/build.Dockerfile': `${HEAD}RUN echo before\nRUN echo no luck >&2; exit 7\n` },
      102,
      /no luck[\s\S]*build\.Dockerfile of extension test\/bad:4: .*7/,
    ],
    ['has no such instruction', { 'generate/run.Dockerfile': `${HEAD}RUM true\n` }, 92, /test\/bad\/run\.Dockerfile:3: "RUM"/],
    ['copies from outside', { 'generate/build.Dockerfile': `${HEAD}COPY ../../../etc/passwd /x\n` }, 102, /leads out of the build context/],
    ['has two stages', { 'generate/run.Dockerfile': `FROM a\nFROM b\n` }, 92, /FROM/],
    ['has no FROM', { 'generate/build.Dockerfile': 'RUN true\n' }, 92, /FROM/],
    ['fails in bin/generate', { 'bin/generate': '#!/bin/sh\necho cannot; exit 3\n' }, 91, /cannot[\s\S]*test\/bad/],
    ['asks for a device', { 'generate/build.Dockerfile': `${HEAD}RUN --device=vendor.com/x true\n` }, 102, /--device/],
    ['adds from where nobody answers', { 'generate/build.Dockerfile': `${HEAD}ADD http://127.0.0.1:9/x /x\n` }, 102, /ADD cannot fetch/],
  ])('end a build with the code of the specification when one %s', { timeout: 120_000 }, async (_, files, code, says) => {
    const bad = writeFiles(mkdtempSync(at('bad-')), {
      'extension.toml': 'api = "0.10"\n[extension]\nid = "test/bad"\nversion = "1"\n',
      'detect/plan.toml': '[[provides]]\nname = "at"\n',
      ...files,
    });
    const home = openMachine({ ...process.env, TSPACK_HOME: testHome() }, place).home();
    const folders = () => readdirSync(home.work).filter((name) => !name.endsWith('-pipes'));
    const before = folders();
    const ended = await build({}, '--extension', bad);
    expect(ended.stderr).toMatch(says);
    expect(ended.code).toBe(code);
    expect(ended.stderr).not.toContain('a bug in tspack');
    expect(readdirSync(join(home.cache, 'dockerfile/pending'))).toEqual([]);
    expect(folders()).toEqual(before);
  });
});

interface ImageSettings {
  readonly Env: readonly string[];
  readonly User: string;
  readonly Labels: Readonly<Record<string, string>>;
}
