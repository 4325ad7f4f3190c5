import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseBuildpackFacts } from '../../src/foundation/index.ts';
import { defineBuildpack } from '../../src/sdk/index.ts';
import { createBuildKit } from '../../src/sdk/testing/index.ts';
import type { BuildContext, CommandRunner } from '../../src/sdk/index.ts';

const requests: string[] = [];
const server = createServer((request, response) => {
  requests.push(`${request.method} ${request.url}`);
  if (request.url === '/versions') response.end('{"newest":"2"}');
  else if (request.url === '/sizeless') response.writeHead(405).end();
  else response.writeHead(200, { 'content-length': 12 }).end(request.method === 'HEAD' ? undefined : 'twelve bytes');
});
let address = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

let shared: string;
let buildpackDirectory: string;
beforeEach(() => {
  requests.length = 0;
  shared = mkdtempSync(join(tmpdir(), 'tspack-planning-'));
  buildpackDirectory = join(shared, 'buildpack');
  for (const name of ['inbox', 'store', 'buildpack']) mkdirSync(join(shared, name));
  writeFileSync(join(buildpackDirectory, 'buildpack.toml'), 'api = "0.12"\n[buildpack]\nid = "samples/one"\nversion = "1"\n');
});
afterEach(() => rmSync(shared, { recursive: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const digestOf = (text: string) => ({ algorithm: 'sha256', hex: sha256(text) }) as const;
const ran: string[] = [];
const run: CommandRunner = async ({ command }) => {
  ran.push(command.join(' '));
  return { exitCode: 0, signal: undefined, tail: '', stdout: '' };
};
const told = () => parseBuildpackFacts(readFileSync(join(shared, 'inbox/record.jsonl'), 'utf8')).map(({ buildpack: _buildpack, ...fact }) => fact);

function kitFor(build: (context: BuildContext) => Promise<void>) {
  ran.length = 0;
  return createBuildKit({ buildpack: defineBuildpack({ build }), buildpackDirectory, application: {}, run, env: { TSPACK_DOWNLOADS: shared } });
}

const fetchInto = (context: BuildContext, path: string, name: string) =>
  context.downloads.fetchFile({ url: `${address}/${name}`, digest: digestOf(name), path: join(path, name), label: name });

describe('plan', () => {
  it('goes as far as the first file to fetch, and knows its size', async () => {
    using kit = kitFor(async (context) => {
      const { newest } = (await context.downloads.fetchJson({ url: `${address}/versions` })) as { newest: string };
      context.choose({ name: 'Tool', version: newest, reason: 'the newest' });
      const inputs = [{ name: 'version', value: newest, readable: true }];
      await context.layer({ name: 'own', types: { launch: true }, inputs, create: () => ({}) });
      await context.layer({ name: 'tool', types: { cache: true }, inputs, create: async ({ path }) => (await fetchInto(context, path, 'tool.tgz'), {}) });
      throw new Error('a plan must not come here');
    });
    const { exitCode, stdout, layers } = await kit.plan();
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'samples/one 1\n    Tool 2: the newest\n' });
    expect(told()).toEqual([
      { kind: 'choice', name: 'Tool', version: '2', reason: 'the newest' },
      { kind: 'decision', layer: 'own', decision: 'made', reason: 'not built before', inputs: { version: '2' } },
      { kind: 'decision', layer: 'tool', decision: 'made', reason: 'not built before', inputs: { version: '2' } },
      { kind: 'wanted', layer: 'tool', label: 'tool.tgz', url: `${address}/tool.tgz`, digest: `sha256:${sha256('tool.tgz')}`, sizeBytes: 12, from: 'network' },
      { kind: 'end', layer: 'tool', reason: 'it is made of tool.tgz' },
    ]);
    expect(requests).toEqual(['GET /versions', 'HEAD /tool.tgz']);
    expect([...layers.keys()]).toEqual(['own']);
  });

  it('says nothing of a size that nobody tells, and what is here already', async () => {
    using kit = kitFor((context) => fetchInto(context, context.layersDirectory, 'sizeless').then(() => undefined));
    expect((await kit.plan()).exitCode).toBe(0);
    expect(told()[0]).toEqual({ kind: 'wanted', label: 'sizeless', url: `${address}/sizeless`, digest: `sha256:${sha256('sizeless')}`, from: 'network' });
    writeFileSync(join(shared, 'store', `sha256-${sha256('sizeless')}`), 'content');
    expect((await kit.plan()).exitCode).toBe(0);
    expect(told().at(-2)).toMatchObject({ kind: 'wanted', sizeBytes: 7, from: 'store' });
    expect(readdirSync(kit.layersDirectory)).toEqual([]);
  });

  it('knows all of what is announced', async () => {
    using kit = kitFor(async ({ downloads }) => {
      await downloads.announce?.(['a 1', 'b 2'].map((label, index) => ({ label, digest: digestOf(label), sizeBytes: index })));
    });
    expect((await kit.build()).exitCode).toBe(0);
    expect((await kit.plan()).exitCode).toBe(0);
    expect(told()).toEqual([
      { kind: 'wanted', label: 'a 1', digest: `sha256:${sha256('a 1')}`, sizeBytes: 0, from: 'network' },
      { kind: 'wanted', label: 'b 2', digest: `sha256:${sha256('b 2')}`, sizeBytes: 1, from: 'network' },
      { kind: 'end', reason: 'it is made of a 1 and 1 more' },
    ]);
  });

  it('runs what only asks, and ends where a program would work; what was declared until then counts', async () => {
    using kit = kitFor(async (context) => {
      const command = { cwd: '/', env: {}, output: () => undefined };
      await context.run({ ...command, command: ['/usr/bin/npm', '--version'], asks: true });
      context.addProcess({ type: 'web', command: ['serve'] });
      await context.run({ ...command, command: ['/usr/bin/npm', 'ci'] });
    });
    const { exitCode, launch } = await kit.plan();
    expect(exitCode).toBe(0);
    expect(ran).toEqual(['/usr/bin/npm --version']);
    expect(told()).toEqual([{ kind: 'end', reason: 'it runs npm ci' }]);
    expect(launch?.processes).toMatchObject([{ type: 'web' }]);
  });

  it('names the first input that changed, and changes no layer of the last build but a copy', async () => {
    using kit = kitFor(async (context) => {
      const inputs = [
        { name: 'lockfile', value: context.env['LOCK'] ?? '1' },
        { name: 'version', value: '3' },
      ];
      await context.layer({
        ...{ name: 'modules', types: { cache: true }, inputs },
        create: async () => (await context.run({ command: ['npm', 'ci'], cwd: '/', env: {}, output: () => undefined }), {}),
      });
    });
    await kit.build();
    kit.setEnv('LOCK', '2');
    await kit.plan();
    expect(told().slice(-2)).toEqual([
      {
        kind: 'decision',
        layer: 'modules',
        decision: 'made',
        reason: 'lockfile changed',
        change: { input: 'lockfile', from: '1', to: '2' },
        inputs: { lockfile: '2', version: '3' },
      },
      { kind: 'end', layer: 'modules', reason: 'it runs npm ci' },
    ]);
  });

  it('tells no options of programs, which may be secrets, and is not misled by what a buildpack makes of the end', async () => {
    using kit = kitFor(async (context) => {
      const command = ['/opt/bin/node', '/opt/npm/npm-cli.js', '--token=secret', 'install', 'https://user:secret@x.example', 'one', 'two'];
      try {
        await context.run({ command, cwd: '/', env: {}, output: () => undefined });
      } catch {
        throw new Error('cannot install');
      }
    });
    expect(await kit.plan()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(told()).toEqual([{ kind: 'end', reason: 'it runs node npm-cli.js install one' }]);
  });

  it('fails as the build would', async () => {
    using kit = kitFor(() => Promise.reject(new Error('broken')));
    expect(await kit.plan()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('broken') as string });
  });
});
