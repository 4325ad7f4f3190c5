import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openMachine } from '../../../src/compose/machine.ts';
import { findRootWorkshop } from '../../../src/compose/root-workshop.ts';
import { findBubblewrap, openToolbox } from '../../../src/compose/toolbox.ts';
import { createBubblewrapExecutor, createRootWorkshop } from '../../../src/executor/bubblewrap/index.ts';
import { removeTree } from '../../../src/foundation/index.ts';
import { writeTar } from '../../../src/archive/index.ts';
import { hostPath, readText, sandboxPath } from '../../support/sandbox-root.ts';
import type { TarSourceEntry } from '../../../src/archive/index.ts';
import type { RootWorkshopOptions } from '../../../src/executor/bubblewrap/index.ts';
import type { HostPath, Mount, ProcessSpec, RootChange, RootWorkshop } from '../../../src/executor/index.ts';

const machine = openMachine(process.env, process.cwd());
const toolbox = await openToolbox(machine, () => undefined, new AbortController().signal);
const found = await findBubblewrap(toolbox);
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

async function optionsHere(scratch: HostPath): Promise<RootWorkshopOptions> {
  if (!('command' in found)) throw new Error(found.reason);
  const answer = await findRootWorkshop(machine, toolbox, found, scratch, true);
  if (!('options' in answer)) throw new Error(answer.reason);
  return answer.options;
}

/** The programs of this machine in a root that a tar makes. */
const BASE: readonly TarSourceEntry[] = [
  ...['dev', 'proc', 'usr', 'etc', 'opt', 'opt/old', 'home', 'var'].map((path) => ({ path, type: 'directory' as const, mode: 0o755 })),
  { path: 'tmp', type: 'directory', mode: 0o1777 },
  ...['bin', 'sbin', 'lib', 'lib64'].flatMap((path) => (existsSync(`/${path}`) ? [{ path, type: 'symlink' as const, linkTarget: `usr/${path}` }] : [])),
  { path: 'etc/passwd', type: 'file', mode: 0o644, content: Buffer.from('root:x:0:0::/:/bin/sh\nann:x:1001:1000::/home:/bin/sh\n') },
  { path: 'etc/shadow', type: 'file', mode: 0o640, uid: 0, gid: 42, content: Buffer.from('secret') },
  { path: 'usr-file', type: 'file', mode: 0o4755, uid: 7, gid: 8, content: Buffer.from('x') },
  { path: 'opt/old/file', type: 'file', mode: 0o644, content: Buffer.from('old') },
];

describe.each(['as it is here', 'emulated'] as const)('a root workshop, %s', (kind) => {
  let directory: string;
  let options: RootWorkshopOptions;
  let workshop: RootWorkshop;
  let base: HostPath;
  let opened = 0;
  const uppers: HostPath[] = [];
  const usr: Mount = { kind: 'bind', source: hostPath('/usr'), target: sandboxPath('/usr'), writable: false };

  beforeAll(async () => {
    mkdirSync(machine.home().work, { recursive: true });
    directory = mkdtempSync(join(machine.home().work, 'workshop-'));
    mkdirSync(join(directory, 'scratch'));
    const { idMap, ...rest } = await optionsHere(hostPath(join(directory, 'scratch')));
    options = kind === 'emulated' || idMap === undefined ? rest : { ...rest, idMap };
    workshop = createRootWorkshop(options);
    base = hostPath(join(directory, 'base'));
    await workshop.unpack({ directory: base, layers: [() => writeTar(BASE)] });
  });
  afterEach(async () => {
    for (const upper of uppers.splice(0)) await workshop.remove(upper);
  });
  afterAll(async () => {
    await workshop.remove(base);
    expect(readdirSync(join(directory, 'scratch'))).toEqual([]);
    removeTree(directory);
  });

  interface Ran {
    readonly code: number | undefined;
    readonly output: string;
    readonly changes: readonly RootChange[];
    readonly upper: HostPath;
  }

  async function sh(script: string, more: { lowers?: readonly HostPath[]; mounts?: readonly Mount[]; spec?: Partial<ProcessSpec> } = {}): Promise<Ran> {
    const upper = hostPath(join(directory, `upper-${opened++}`));
    uppers.push(upper);
    await using root = await workshop.open({ lowers: more.lowers ?? [base], upper, mounts: [usr, ...(more.mounts ?? [])], network: 'none', hostname: 'box' });
    let output = '';
    const hear = (chunk: Uint8Array) => void (output += Buffer.from(chunk).toString());
    const { code } = await root.run({ command: ['sh', '-c', script], cwd: sandboxPath('/'), env: { PATH }, stdout: hear, stderr: hear, ...more.spec });
    const changes: RootChange[] = [];
    for await (const change of root.changes()) changes.push(change);
    return { code, output, changes, upper };
  }

  const shown = ({ path, change, type, mode, uid, gid }: RootChange) =>
    change === 'removed' ? `- ${Buffer.from(path).toString()}` : `${change} ${type} ${mode.toString(8)} ${uid}:${gid} ${Buffer.from(path).toString()}`;

  it('shows the owners and modes of the layers', async () => {
    const { output } = await sh("id -u; stat -c '%u:%g %a %n' /etc/shadow /usr-file /etc/passwd /tmp; cat /etc/shadow");
    expect(output).toBe('0\n0:42 640 /etc/shadow\n7:8 4755 /usr-file\n0:0 644 /etc/passwd\n0:0 1777 /tmp\nsecret');
  });

  it('tells what has changed, with owners, and hands over every file', async () => {
    const script = `cd /opt && rm -r old && mkdir old && touch old/new && chown 33:34 old/new
      install -d -o 5 -g 6 -m 2750 /var/made && echo hidden > /var/made/file && chmod 600 /var/made/file && chown -h 5:6 /var/made/file
      cp /bin/true /opt/setuid && chown 0:9 /opt/setuid && chmod 4711 /opt/setuid
      ln -s nowhere /opt/link && chown -h 8:9 /opt/link && mkfifo -m 600 /opt/pipe && rm /usr-file && chgrp 50 /etc/shadow`;
    const { code, output, changes } = await sh(script);
    expect([code, output]).toEqual([0, '']);
    expect(changes.map(shown)).toEqual([
      ...['added directory 755 0:0 etc', 'added file 640 0:50 etc/shadow', 'added directory 755 0:0 opt', 'added symlink 777 8:9 opt/link'],
      ...['opaque directory 755 0:0 opt/old', 'added file 644 33:34 opt/old/new', 'added fifo 600 0:0 opt/pipe', 'added file 4711 0:9 opt/setuid'],
      ...['- usr-file', 'added directory 755 0:0 var', 'added directory 2750 5:6 var/made', 'added file 600 5:6 var/made/file'],
    ]);
    const file = changes.find(({ path }) => Buffer.from(path).toString() === 'var/made/file');
    expect(readFileSync(Buffer.from(file!.source!)).toString()).toBe('hidden\n');
  });

  it('goes on from a layer that it has made, and from tars with removals', async () => {
    const first = await sh('echo 1 > /opt/a && chown 11:12 /opt/a; chown 13 /etc/passwd; mkdir /opt/gone; touch /opt/gone/x');
    const tar = hostPath(join(directory, `upper-${opened++}`));
    uppers.push(tar);
    const entries: readonly TarSourceEntry[] = [
      { path: 'opt', type: 'directory', mode: 0o755 },
      { path: 'opt/.wh.gone', type: 'file', content: Buffer.from('') },
      { path: 'opt/old', type: 'directory', mode: 0o700, uid: 3, gid: 3 },
      { path: 'opt/old/.wh..wh..opq', type: 'file', content: Buffer.from('') },
      { path: 'opt/b', type: 'file', mode: 0o600, uid: 21, gid: 22, content: Buffer.from('b') },
    ];
    await workshop.unpack({ directory: tar, layers: [() => writeTar(entries)] });
    const { output } = await sh("cd /opt; stat -c '%u:%g %a %n' a b old; ls old gone 2>&1 | sed 's/:.*//'; stat -c %u /etc/passwd; cat b", {
      lowers: [tar, first.upper, base],
    });
    expect(output).toBe('11:12 644 a\n21:22 600 b\n3:3 700 old\nls\nold\n13\nb');
  });

  it('runs as another user, whose new files are his', async () => {
    const { output, changes } = await sh('id -u; id -g; touch /tmp/mine; cat /etc/shadow 2>&1 | tail -c 18; sleep 0', {
      spec: { user: { uid: 1001, gid: 1000, groups: [1000] } },
    });
    expect(output.split('\n').slice(0, 2)).toEqual(['1001', '1000']);
    expect(changes.map(shown).filter((line) => line.endsWith('tmp/mine'))).toEqual(['added file 644 1001:1000 tmp/mine']);
  });

  it('counts no mount points as changes', async () => {
    const file = join(directory, 'resolv');
    writeFileSync(file, 'nameserver');
    const mount: Mount = { kind: 'bind', source: hostPath(file), target: sandboxPath('/run/deep/resolv.conf'), writable: false };
    const { output, changes } = await sh('cat /run/deep/resolv.conf', { mounts: [mount] });
    expect([output, changes]).toEqual(['nameserver', []]);
  });

  it('has no way out: neither mounts, devices, namespaces, host processes nor open files', async () => {
    const { output } = await sh(
      `mount -t tmpfs x /opt 2>/dev/null; echo mount $?; unshare -U true 2>/dev/null; echo namespace $?
       mount -o remount,rw /usr 2>/dev/null || touch /usr/x 2>/dev/null; echo usr $?; echo 1 > /proc/sys/kernel/printk 2>/dev/null; echo sys $?
       for fd in /proc/self/fd/*; do readlink $fd; done | grep -v -e ^/dev/null -e pipes- -e /proc/; ls -d /proc/[0-9]* | wc -l; kill -9 1 && echo alive`,
    );
    const lines = output.split('\n').filter((line) => !line.includes('cannot create'));
    expect(lines.slice(0, 2)).toEqual(['mount 32', 'namespace 1']);
    expect(lines).toEqual(expect.arrayContaining(['usr 1', 'sys 2', 'alive']));
    expect(output).not.toMatch(/^\/(?!dev)/mu);
  });

  it('answers like any sandbox: exit codes, a missing program, an abort, and nothing is left behind', async () => {
    expect((await sh('exit 77')).code).toBe(77);
    await expect(sh('', { spec: { command: ['/no/such'] } })).rejects.toMatchObject({
      message: expect.stringContaining("Cannot start '/no/such' in the sandbox: no such"),
    });
    const marker = `47.${process.pid}${kind.length}`;
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 1500);
    await expect(sh(`setsid sleep ${marker} & sleep ${marker}`, { spec: { signal: controller.signal } })).rejects.toThrow('enough');
    await sh(`setsid sleep ${marker} >/dev/null 2>&1 &`);
    expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain(`sleep ${marker}`);
  });

  it('gives its layers to a sandbox of a user, who can change nothing', async () => {
    const { upper } = await sh('mkdir -p /cnb && echo extended > /cnb/file && rm /usr-file');
    if (!('command' in found)) throw new Error('no sandbox');
    const executor = createBubblewrapExecutor({ bubblewrap: found.command, scratchDirectory: hostPath(join(directory, 'scratch')), readFile: readText });
    const layers = hostPath(join(directory, 'layers'));
    mkdirSync(layers, { recursive: true });
    const mounts: readonly Mount[] = [usr, { kind: 'bind', source: layers, target: sandboxPath('/cnb/deep/layers'), writable: true }];
    await using sandbox = await executor.open({ root: base, above: [upper], user: { uid: 1001, gid: 1000 }, mounts, network: 'none', hostname: 'box' });
    let output = '';
    const { code } = await sandbox.run({
      command: ['sh', '-c', 'id -u; cat /cnb/file; ls /usr-file 2>/dev/null; touch /cnb/x 2>/dev/null; echo $?; touch /cnb/deep/layers/x && echo written'],
      cwd: sandboxPath('/'),
      env: { PATH },
      stdout: (chunk) => (output += Buffer.from(chunk).toString()),
    });
    expect([code, output]).toEqual([0, '1001\nextended\n1\nwritten\n']);
  });
});
