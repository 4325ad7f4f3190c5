import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { LayerExplanation, PlannedBuild } from '../../src/index.ts';
import { lastLine, runTspack, testHome } from '../support/tspack-command.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-plan-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

function application(name: string, files: Readonly<Record<string, string>>): string {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(place, name, file)), { recursive: true });
    writeFileSync(join(place, name, file), content);
  }
  return join(place, name);
}

async function json<Value>(args: readonly string[]): Promise<Value> {
  const { code, stdout, stderr } = await runTspack([...args, '--format', 'json']);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Value;
}

const plan = (name: string, path: string) => json<PlannedBuild>(['plan', name, '--builder', 'base', '--path', path]);
const kept = () => join(testHome(), 'cache/verified');
const downloads = () => (existsSync(kept()) ? readdirSync(kept()).length : 0);
const of = ({ buildpacks }: PlannedBuild, id: string) => buildpacks.find((buildpack) => buildpack.id === `tspack/${id}`)!;

describe('tspack plan', () => {
  it.each([
    ['nodejs', 'Node.js', { 'package.json': '{\n  "engines": { "node": "22.11.0" },\n  "scripts": {\n    "start": "node x.js"\n  }\n}' }, 'package.json:4'],
    ['python', 'Python', { 'requirements.txt': 'flask==3.0.0\n', 'app.py': '' }, 'requirements.txt, app.py'],
    ['java', 'Java', { 'pom.xml': '<project>\n<artifactId>a</artifactId></project>' }, 'pom.xml:2'],
    ['php', 'PHP', { 'index.php': '<?php' }, 'index.php'],
    ['ruby', 'Ruby', { 'config.ru': '' }, 'config.ru'],
    [
      'rust',
      'Rust',
      { 'Cargo.toml': '[package]\nname = "a"\nversion = "1.0.0"\nedition = "2021"\n', 'src/main.rs': 'fn main() {}', 'Cargo.lock': 'version = 4\n' },
      'Cargo.toml:1',
    ],
  ])('knows before any download what %s would do first', async (id, runtime, files, evidence) => {
    const before = downloads();
    const planned = await plan(`plan-${id}`, application(id, files));
    expect(planned.modules.find((module) => module.id === `tspack/${id}`)).toMatchObject({
      takesPart: true,
      evidence: expect.stringMatching(`: ${evidence}$`) as string,
    });
    const buildpack = of(planned, id);
    expect(buildpack).toMatchObject({ told: 'part', end: { reason: expect.stringMatching(/^it is made of /) as string } });
    expect(buildpack.choices[0]).toMatchObject({ name: runtime, version: expect.stringMatching(/^\d+\./) as string });
    const wanted = buildpack.layers.flatMap((layer) => layer.downloads);
    expect(wanted.length).toBeGreaterThan(0);
    for (const { sizeBytes } of wanted) expect(sizeBytes).toBeGreaterThan(0);
    expect(planned.fetch.complete).toBe(false);
    expect(downloads()).toBe(before);
  });

  it('knows after a build that nothing is to be done, and which input has changed; the build then says the same', async () => {
    const path = application('changing', { 'package.json': '{ "name": "a", "scripts": { "start": "node server.js" } }', 'server.js': '' });
    const build = async () => lastLine(await runTspack(['build', 'plan-changing', '--builder', 'base', '--path', path, '--env', 'NODE_OPTIONS=']));
    const planNow = (version: string) =>
      json<PlannedBuild>(['plan', 'plan-changing', '--builder', 'base', '--path', path, '--env', `BP_NODE_VERSION=${version}`]);
    await build();
    const same = await plan('plan-changing', path);
    expect(same.fetch).toEqual({ bytes: 0, files: 0, unknownSizes: 0, complete: true });
    const node = of(same, 'nodejs').layers.find(({ name }) => name === 'node')!;
    expect(node).toMatchObject({ decision: 'reused', known: { files: 'cache' } });

    const changed = of(await planNow('22.11.0'), 'nodejs').layers.find(({ name }) => name === 'node')!;
    const change = { input: 'Node.js version', from: node.inputs['Node.js version'], to: '22.11.0' };
    expect(changed).toMatchObject({ decision: 'made', change });
    lastLine(await runTspack(['build', 'plan-changing', '--builder', 'base', '--path', path, '--env', 'BP_NODE_VERSION=22.11.0']));
    const explained = await json<LayerExplanation>(['why', 'plan-changing', 'node']);
    expect(explained).toMatchObject({ decision: 'made', change, reason: changed.reason, buildpack: { id: 'tspack/nodejs' } });
    expect(explained.origin!.downloads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(
      changed.downloads.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0),
    );
    expect((await runTspack(['why', 'plan-changing', 'launcher'])).stdout).toContain('the same as in the last image');
  });
});
