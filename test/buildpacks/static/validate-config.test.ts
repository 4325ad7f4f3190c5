import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pruneSources } from '../../../buildpacks/static/src/prune-sources.ts';
import { validateConfig } from '../../../buildpacks/static/src/validate-config.ts';
import type { BuildContext, Command } from '../../../src/sdk/index.ts';

/** What nginx said of a configuration, and what was made of it. */
async function validate(said: (file: string) => string, exitCode: number, template = 'listen {{port}}; name {{env "NAME"}};') {
  const warnings: string[] = [];
  let shown = '';
  const run = (command: Command) => {
    const file = command.command.at(-1)!;
    shown = readFileSync(file, 'utf8');
    return Promise.resolve({ exitCode, signal: undefined, tail: said(file), stdout: '' });
  };
  const context = {
    applicationDirectory: '/workspace',
    platformDirectory: '/platform',
    env: { NAME: 'me' },
    run,
    log: { warning: (text: string) => void warnings.push(text) },
  } as unknown as BuildContext;
  await validateConfig(context, { nginx: '/nginx', libraries: '/lib', template, name: 'nginx.conf' });
  return { warnings, shown };
}

describe('validateConfig()', () => {
  it('shows nginx what a launch would', async () => {
    expect(await validate(() => 'nginx: configuration file x test is successful\n', 0)).toEqual({ warnings: [], shown: 'listen 8080; name me;' });
  });

  it("names the user's file and line", async () => {
    await expect(validate((file) => `nginx: [emerg] unknown directive "x" in ${file}:12\n`, 1)).rejects.toThrow(
      'Cannot use nginx.conf:12: nginx says: unknown directive "x"',
    );
    await expect(validate(() => 'nginx: [emerg] unexpected end of file in /workspace/conf.d/a.conf:3\n', 1)).rejects.toThrow('Cannot use conf.d/a.conf:3');
    await expect(validate(() => 'no such program\n', 127)).rejects.toThrow('Cannot use nginx.conf: nginx says: no such program');
  });

  it('only warns of what another place may have: services by name, and low ports', async () => {
    const { warnings } = await validate(
      (file) => `nginx: [emerg] host not found in upstream "backend" in ${file}:4\nnginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)\n`,
      1,
    );
    expect(warnings).toEqual(['nginx.conf:4: host not found in upstream "backend"', 'nginx.conf: bind() to 0.0.0.0:80 failed (13: Permission denied)']);
  });
});

describe('pruneSources()', () => {
  it('leaves the folder that is served, and what is kept', () => {
    const root = mkdtempSync(join(tmpdir(), 'prune-'));
    try {
      for (const path of ['src/a.ts', 'dist/server/b.js', 'dist/client/index.html', 'users.txt', 'package.json']) {
        mkdirSync(join(root, path, '..'), { recursive: true });
        writeFileSync(join(root, path), '');
      }
      expect(pruneSources(root, 'dist/client', ['users.txt'])).toBe(3);
      expect(readdirSync(root, { recursive: true }).sort()).toEqual(['dist', 'dist/client', 'dist/client/index.html', 'users.txt']);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
