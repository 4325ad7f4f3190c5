import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOciArchive, createLayerCompressor, openBlobDirectory, parseImageReference } from '../../src/oci/index.ts';
import { unusedPort } from '../support/ports.ts';
import { findProgram, skipWithout } from '../support/requirement.ts';
import { syntheticImage } from '../support/synthetic-image.ts';
import { runTspack } from '../support/tspack-command.ts';

const REGISTRY = findProgram('docker-registry');
const SKOPEO = findProgram('skopeo');
/** bcrypt of "open sesame": the only form that this registry reads. */
const HTPASSWD = 'someone:$2b$04$gr477x2e5o4OvTBQQyQRUuBQ16VXXwzo3ZhVb5url3exRsPyjGb06\n';

describe.skipIf(skipWithout('docker-registry and skopeo', REGISTRY !== undefined && SKOPEO !== undefined))('image verbs and the tools of others', () => {
  let folder: string;
  let host: string;
  let server: ChildProcess;
  const home = (name: string) => ({ env: { TSPACK_HOME: join(folder, name), HOME: folder, DOCKER_CONFIG: folder, REGISTRY_AUTH_FILE: undefined } });
  const at = (name: string) => join(folder, name);
  const skopeo = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(SKOPEO!, args, {
      encoding: 'utf8',
      env: { ...process.env, HOME: folder, REGISTRY_AUTH_FILE: at('config.json') },
    });
    expect({ args, status, stderr }).toMatchObject({ args, status: 0 });
    return stdout;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tspack-images-'));
    host = `127.0.0.1:${await unusedPort()}`;
    writeFileSync(at('htpasswd'), HTPASSWD);
    writeFileSync(
      at('config.yml'),
      `version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: ${at('data')}\nhttp:\n  addr: ${host}\nauth:\n  htpasswd:\n    realm: test\n    path: ${at('htpasswd')}\n`,
    );
    server = spawn(REGISTRY!, ['serve', at('config.yml')], { stdio: 'ignore', env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' } });
    for (let attempt = 0; attempt < 200 && !(await answers(host)); attempt++) await delay(50);
    const archive = await createOciArchive(
      [{ image: await syntheticImage('real'), references: [parseImageReference('app:1')] }],
      createLayerCompressor(openBlobDirectory(at('blobs'))),
    );
    await pipeline(archive.open(), createWriteStream(at('app.tar')));
  });

  afterAll(async () => {
    server.kill();
    await new Promise((resolve) => server.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('log in to a real registry, and fail with one message before', async () => {
    await runTspack(['load', '--input', at('app.tar')], home('one'));
    const refused = await runTspack(['push', 'app:1', `${host}/team/app:1`], home('one'));
    expect(refused).toMatchObject({ code: 62, stdout: '', stderr: expect.stringContaining('[REGISTRY_UNAUTHORIZED]') as string });
    expect(await runTspack(['login', host, '--username', 'someone', '--password', 'wrong'], home('one'))).toMatchObject({ code: 62 });
    expect(await runTspack(['login', host, '--username', 'someone', '--password', 'open sesame'], home('one'))).toMatchObject({
      code: 0,
      stdout: 'Login Succeeded\n',
    });
  });

  it('push what skopeo reads, and pull what skopeo pushes, under the same digests', async () => {
    const pushed = await runTspack(['push', 'app:1', `${host}/team/app:1`], home('one'));
    const { Digest } = JSON.parse(skopeo('inspect', '--tls-verify=false', `docker://${host}/team/app:1`)) as { Digest: string };
    expect(pushed.stdout).toBe(`${host}/team/app@${Digest}\n`);
    skopeo('copy', '--src-tls-verify=false', '--dest-tls-verify=false', `docker://${host}/team/app:1`, `docker://${host}/team/copy:2`);
    expect((await runTspack(['pull', `${host}/team/copy:2`], home('two'))).stdout).toBe(`${host}/team/copy@${Digest}\n`);
    const listed = JSON.parse((await runTspack(['ls', '--format', 'json'], home('two'))).stdout) as { manifestDigest: string };
    expect(listed.manifestDigest).toBe(Digest);
  });

  it.each(['docker', 'oci'])('save archives of form %s that skopeo reads, and load those it writes', async (format) => {
    const file = at(`saved-${format}.tar`);
    expect(await runTspack(['save', 'app:1', '--format', format, '--output', file], home('one'))).toMatchObject({ code: 0 });
    const form = `${format}-archive`;
    const { Layers } = JSON.parse(skopeo('inspect', `${form}:${file}`)) as { Layers: readonly string[] };
    expect(Layers).toHaveLength(2);
    skopeo('copy', '-q', `${form}:${file}`, `${form}:${at(`skopeo-${format}.tar`)}:example.com/again:3`);
    const loaded = await runTspack(['load', '--input', at(`skopeo-${format}.tar`)], home('three'));
    expect(loaded).toMatchObject({ code: 0, stdout: expect.stringContaining('example.com/again') as string });
    expect(await runTspack(['diff', 'example.com/again:3', `oci-archive:${at('app.tar')}`], home('three'))).toMatchObject({ code: 0 });
  });

  it('end with 1 and a message when the reader of an archive goes away', async () => {
    const { status, stderr } = spawnSync('bash', ['-c', `'${process.execPath}' dist/cli.js save app:1 | head -c 10 > /dev/null; exit \${PIPESTATUS[0]}`], {
      encoding: 'utf8',
      env: { ...process.env, ...home('one').env, REGISTRY_AUTH_FILE: '' },
    });
    // A small archive may fit into the pipe before its reader is gone.
    expect([0, 1]).toContain(status);
    if (status === 1) expect(stderr).toContain('[OUTPUT_CLOSED]');
  });

  it('remove all that only the image needed', async () => {
    expect(await runTspack(['rm', 'example.com/again:3'], home('three'))).toMatchObject({ code: 0 });
    await runTspack(['prune'], home('three'));
    expect(readdirSync(at('three/store/blobs/sha256'))).toEqual([]);
    expect(await runTspack(['rm', 'nothing'], home('three'))).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('[IMAGE_NOT_FOUND]') as string,
    });
    expect(await runTspack(['logout', host], home('three'))).toMatchObject({ code: 0, stdout: expect.stringContaining('Removed the login') as string });
  });
});

async function answers(host: string): Promise<boolean> {
  const [name, port] = host.split(':');
  return await new Promise((resolve) => {
    const socket = connect({ host: name!, port: Number(port) }, () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
}
