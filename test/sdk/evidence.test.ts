import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { because, detected, notDetected, placeOf } from '../../src/sdk/index.ts';
import { createBuildKit } from '../../src/sdk/testing/index.ts';
import { nodejsBuildpack } from '../../buildpacks/nodejs/src/buildpack.ts';
import { pythonBuildpack } from '../../buildpacks/python/src/buildpack.ts';
import { goBuildpack } from '../../buildpacks/go/src/buildpack.ts';
import { javaBuildpack } from '../../buildpacks/java/src/buildpack.ts';
import { staticBuildpack } from '../../buildpacks/static/src/buildpack.ts';
import type { Buildpack } from '../../src/sdk/index.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'tspack-evidence-'))));
afterEach(() => rmSync(directory, { recursive: true }));

describe('placeOf()', () => {
  it('names the file, and the line where the pattern fits', () => {
    writeFileSync(join(directory, 'a.json'), '{\r\n  "scripts": {\r\n    "start": "x"\r\n  }\r\n}');
    expect(placeOf(directory, 'a.json', /"start"/)).toBe('a.json:3');
    expect(placeOf(directory, 'a.json', /"main"/)).toBe('a.json');
    expect(placeOf(directory, 'missing', /x/)).toBe('missing');
  });
});

describe('because()', () => {
  it('says why a detection passed, and leaves others as they are', () => {
    expect(because(['go.mod:1'], detected({ provides: ['go'] }))).toMatchObject({ passed: true, evidence: ['go.mod:1'] });
    const failed = notDetected({ lookedFor: ['go.mod'] });
    expect(because(['x'], failed)).toBe(failed);
  });
});

describe('bundled buildpacks', () => {
  it.each<[string, Buildpack, Readonly<Record<string, string>>, string]>([
    ['nodejs', nodejsBuildpack, { 'package.json': '{\n  "scripts": {\n    "start": "node x"\n  }\n}' }, 'package.json:3'],
    ['nodejs', nodejsBuildpack, { 'server.js': '' }, 'server.js'],
    [
      'nodejs',
      nodejsBuildpack,
      { 'package.json': '{ "devDependencies": { "vite": "6" },\n "scripts": {\n "build": "vite build" } }' },
      'package.json:3, Vite makes static files',
    ],
    ['python', pythonBuildpack, { 'pyproject.toml': '[tool.ruff]\n[project]\nname = "a"\n', 'app.py': '' }, 'pyproject.toml:2, app.py'],
    ['go', goBuildpack, { 'go.mod': '// a\nmodule example.com/a\n', 'main.go': 'package main' }, 'go.mod:2'],
    ['java', javaBuildpack, { 'pom.xml': '<project>\n<artifactId>a</artifactId></project>' }, 'pom.xml:2'],
    ['static', staticBuildpack, { 'public/index.html': '' }, 'public/index.html'],
  ])('say where they found %s', async (name, buildpack, application, evidence) => {
    using kit = createBuildKit({ buildpack, buildpackDirectory: join(import.meta.dirname, '../../buildpacks', name), application });
    const { exitCode, stdout } = await kit.detect();
    expect({ exitCode, stdout: stdout.slice(stdout.indexOf(': ') + 2) }).toEqual({ exitCode: 0, stdout: `${evidence}\n` });
  });
});
