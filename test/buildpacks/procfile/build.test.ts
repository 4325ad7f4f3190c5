import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { procfileBuildpack } from '../../../buildpacks/procfile/src/buildpack.ts';
import { createBuildKit } from '../../../src/sdk/testing/index.ts';

const buildpackDirectory = join(import.meta.dirname, '../../../buildpacks/procfile');

function kitFor(procfile: string, env: Readonly<Record<string, string>> = {}) {
  return createBuildKit({ buildpack: procfileBuildpack, buildpackDirectory, application: { Procfile: procfile }, env });
}

describe('the Procfile buildpack', () => {
  it('starts a program with plain words itself, and web by default', async () => {
    using kit = kitFor('web: ./server --name "two words"\nworker: exec node worker.js\n');
    const { launch, stdout, stderr } = await kit.build();
    expect(launch?.processes).toMatchObject([
      { type: 'web', command: ['./server', '--name', 'two words'], direct: true, default: true },
      { type: 'worker', command: ['node', 'worker.js'], default: false },
    ]);
    expect(stdout).toContain('web: ./server --name two words (Procfile:1, the default)');
    expect(stderr).toBe('');
  });

  it('starts what needs a shell in one, in whose place the program steps', async () => {
    using kit = kitFor('release: cd db\nweb: migrate && serve --port $PORT\n');
    const { launch, stderr } = await kit.build();
    expect(launch?.processes).toMatchObject([
      { type: 'release', command: ['sh', '-c', 'cd db'] },
      { type: 'web', command: ['sh', '-c', 'migrate && exec serve --port $PORT'] },
    ]);
    expect(stderr).toContain('Warning: The shell that runs "release" does not pass SIGTERM on');
    expect(stderr).not.toContain('"web"');
  });

  it('keeps the variables of a line for its process alone', async () => {
    using kit = kitFor('web: MODE=web QUEUES="a b" node server.js\nworker: node worker.js\n');
    const { launch, layers } = await kit.build();
    expect(launch?.processes[0]?.command).toEqual(['node', 'server.js']);
    expect(layers.get('variables')?.types).toMatchObject({ launch: true });
    expect(readFileSync(join(kit.layersDirectory, 'variables/env.launch/web/QUEUES.override'), 'utf8')).toBe('a b');
    expect((await kit.build()).stdout).toContain('Reusing variables of Procfile lines: Procfile unchanged');
    kit.change('Procfile', 'web: node server.js\n');
    expect((await kit.build()).layers.size).toBe(0);
  });

  it('says which line needs a shell that the run image does not have', async () => {
    using kit = kitFor('worker: ./worker\nweb: ./server --port $PORT\n', { TSPACK_RUN_IMAGE_SHELL: 'false' });
    const { exitCode, stderr } = await kit.build();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Cannot start "web" of Procfile:2: "./server --port $PORT" needs a shell, and the run image has none [PROCFILE_NEEDS_SHELL]');
  });

  it('says which line is none', async () => {
    using kit = kitFor('web: ./server\n\nnonsense\n');
    expect((await kit.build()).stderr).toContain('Cannot read Procfile:3: "nonsense" is not "name: command" [PROCFILE_INVALID]');
  });

  it('warns of a Procfile without processes', async () => {
    using kit = kitFor('# nothing yet\n');
    expect(await kit.build()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Procfile names no process') as string });
  });

  it('detects by the name of the file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'procfile-'));
    try {
      const detect = () => spawnSync(join(buildpackDirectory, 'bin/detect'), { cwd: directory, encoding: 'utf8' });
      expect(detect()).toMatchObject({ status: 100, stdout: 'tspack Procfile buildpack: no Procfile here\n' });
      writeFileSync(join(directory, 'procfile'), '');
      expect(detect().stdout).toBe('tspack Procfile buildpack: no Procfile here (nearest: procfile)\n');
      execFileSync('mv', ['procfile', 'Procfile'], { cwd: directory });
      expect(detect()).toMatchObject({ status: 0, stdout: 'tspack Procfile buildpack: Procfile\n' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
