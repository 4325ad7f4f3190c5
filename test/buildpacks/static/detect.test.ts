import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { staticBuildpack } from '../../../buildpacks/static/src/buildpack.ts';
import { createBuildKit } from '../../../src/sdk/testing/index.ts';

const buildpackDirectory = join(import.meta.dirname, '../../../buildpacks/static');

async function plansFor(application: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  using kit = createBuildKit({ buildpack: staticBuildpack, buildpackDirectory, application, env });
  const { exitCode, plan, stdout } = await kit.detect();
  return { exitCode, stdout, requires: plan?.alternatives.map(({ requires }) => requires.map(({ name }) => name)) };
}

const BUILT = ['static-site', 'static-web'];
const OWN = { exitCode: 0, requires: [BUILT, ['static-web']] };
const BUILT_ONLY = { exitCode: 0, requires: [BUILT] };

describe('detection of static sites', () => {
  it.each(['index.html', 'public/index.html', 'nginx.conf', 'Staticfile'])('takes an application with %s', async (file) => {
    expect(await plansFor({ [file]: '' })).toMatchObject(OWN);
  });

  it('lets a Node.js server go first, unless the user asks for a web server', async () => {
    const server = { 'package.json': '{"scripts":{"start":"node server.js"}}', 'server.js': '', 'public/index.html': '' };
    expect(await plansFor(server)).toMatchObject(BUILT_ONLY);
    expect(await plansFor({ ...server, Staticfile: 'root: public' })).toMatchObject(OWN);
    expect(await plansFor(server, { BP_WEB_SERVER: 'nginx' })).toMatchObject(OWN);
  });

  it('only offers itself where somebody else has to build the site', async () => {
    expect(await plansFor({ 'package.json': '{}' })).toMatchObject(BUILT_ONLY);
  });

  it('explains why it does not take part', async () => {
    expect(await plansFor({ 'site/index.html': '' })).toMatchObject({ exitCode: 100, stdout: expect.stringContaining('nearest: site/index.html') as string });
  });

  it('does not start Node.js for an application of another kind', () => {
    const directory = mkdtempSync(join(tmpdir(), 'static-detect-'));
    try {
      const { status, stdout } = spawnSync(join(buildpackDirectory, 'bin/detect'), {
        cwd: directory,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], TSPACK_NODE: '/none' },
      });
      expect(status).toBe(100);
      expect(stdout).toBe('tspack static sites buildpack: no index.html, public/index.html, nginx.conf or Staticfile here\n');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
