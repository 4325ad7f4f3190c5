import { describe, expect, it } from 'vitest';
import type { FrameworkServer } from '../../../buildpacks/nodejs/src/start/framework-server.ts';
import { chooseWebProcess, type BuiltApplication } from '../../../buildpacks/nodejs/src/start/start-command.ts';
import { parseManifest } from '../../../buildpacks/nodejs/src/manifest.ts';

interface Case {
  readonly scripts?: Record<string, string>;
  readonly main?: string;
  readonly files?: readonly string[];
  readonly manager?: string;
  readonly framework?: FrameworkServer;
  readonly programs?: Record<string, string>;
  readonly development?: readonly string[];
  readonly noManifest?: true;
}

function choose({ scripts = {}, main, files = [], manager = 'npm', framework, programs = {}, development = [], noManifest }: Case) {
  const application: BuiltApplication = {
    manifest: noManifest ? undefined : parseManifest(JSON.stringify({ scripts, main })),
    manager,
    framework,
    isFile: (path) => files.includes(path),
    isDirectory: (path) => files.some((file) => file.startsWith(`${path}/`)),
    resolveProgram: (name) => (programs[name] === undefined ? undefined : programs[name] === 'foreign' ? 'foreign' : { script: programs[name] }),
    isDevelopmentProgram: (name) => development.includes(name),
  };
  return chooseWebProcess(application);
}

const nuxt: FrameworkServer = { framework: 'Nuxt', file: '.output/server/index.mjs', env: [], programs: ['nuxt'], selfContained: true };
const nest: FrameworkServer = { framework: 'Nest', file: 'dist/main.js', env: [], programs: ['nest'], selfContained: false };
const next = { next: 'node_modules/next/dist/bin/next' };

describe('chooseWebProcess()', () => {
  it.each<[string, Case, readonly string[]]>([
    ['a node script', { scripts: { start: 'node server.js' }, files: ['server.js'] }, ['node', 'server.js']],
    ['a file without its suffix', { scripts: { start: 'node ./bin/www' }, files: ['bin/www'] }, ['node', './bin/www']],
    ['options with a value', { scripts: { start: 'node -r dotenv/config dist/main' }, files: ['dist/main.js'] }, ['node', '-r', 'dotenv/config', 'dist/main']],
    ['a package program', { scripts: { start: 'next start' }, programs: next }, ['node', 'node_modules/next/dist/bin/next', 'start']],
    ['a path into .bin', { scripts: { start: './node_modules/.bin/next start' }, programs: next }, ['node', 'node_modules/next/dist/bin/next', 'start']],
    ['npx', { scripts: { start: 'npx next start' }, programs: next }, ['node', 'node_modules/next/dist/bin/next', 'start']],
    ['a program that is no JavaScript', { scripts: { start: 'native --x' }, programs: { native: 'foreign' } }, ['node_modules/.bin/native', '--x']],
    ['a script that runs a script', { scripts: { start: 'npm run serve', serve: 'node s.js' }, files: ['s.js'] }, ['node', 's.js']],
    ['a combined line', { scripts: { start: 'node a.js && node b.js' } }, ['npm', 'start']],
    ['a line with a variable', { scripts: { start: 'node a.js --port $PORT' } }, ['npm', 'start']],
    ['a hook', { scripts: { prestart: 'echo', start: 'node a.js' } }, ['npm', 'start']],
    ['an unknown program', { scripts: { start: 'deno run x' } }, ['npm', 'start']],
    ['scripts that run each other', { scripts: { start: 'npm run a', a: 'npm start' } }, ['npm', 'start']],
    [
      'a start script of devDependencies',
      { scripts: { start: 'nest start', 'start:prod': 'node dist/main' }, files: ['dist/main.js'], development: ['nest'] },
      ['node', 'dist/main'],
    ],
    ['its other name', { scripts: { start: 'nodemon x', 'start:production': 'node x' }, files: ['x'], development: ['nodemon'] }, ['node', 'x']],
    ['a combined line of devDependencies', { scripts: { start: 'tsc && node x', 'start:prod': 'node x' }, files: ['x'], development: ['tsc'] }, ['node', 'x']],
    ['only start:prod', { scripts: { 'start:prod': 'node x' }, files: ['x'] }, ['node', 'x']],
    ['main', { main: './lib/app', files: ['lib/app.js', 'server.js'] }, ['node', 'lib/app.js']],
    ['main that is not there', { main: 'gone.js', files: ['index.js'] }, ['node', 'index.js']],
    ['server.js before index.js', { files: ['index.js', 'server.js'] }, ['node', 'server.js']],
    ['no package.json', { noManifest: true, files: ['app.js'] }, ['node', 'app.js']],
    [
      'a script by another package manager',
      { scripts: { start: 'yarn serve', serve: 'pnpm run inner', inner: 'node s.js' }, files: ['s.js'] },
      ['node', 's.js'],
    ],
    ['a combined line of pnpm', { manager: 'pnpm', scripts: { start: 'node a.js && node b.js' } }, ['pnpm', 'start']],
    ['what a framework made', { framework: nuxt }, ['node', '.output/server/index.mjs']],
    [
      "a framework's own program",
      { scripts: { start: 'nuxt start' }, framework: nuxt, programs: { nuxt: 'node_modules/nuxi/bin' } },
      ['node', '.output/server/index.mjs'],
    ],
    ['a server of its own beside a framework', { scripts: { start: 'node server.js' }, framework: nuxt, files: ['server.js'] }, ['node', 'server.js']],
    [
      'a production script beside a framework',
      { scripts: { start: 'nest start', 'start:prod': 'node dist/main' }, framework: nest, files: ['dist/main.js'], programs: { nest: 'x' } },
      ['node', 'dist/main'],
    ],
  ])('resolves %s', (_, application, command) => {
    const web = choose(application);
    expect(web.command).toEqual(command);
    expect(web.needsManager).toBe(['npm', 'pnpm'].includes(command[0]!));
  });

  it('keeps what the command line sets', () => {
    expect(choose({ scripts: { start: 'cross-env A=1 B=2 node x.js' }, files: ['x.js'] })).toMatchObject({
      command: ['node', 'x.js'],
      env: [
        ['A', '1', 'override'],
        ['B', '2', 'override'],
      ],
    });
    expect(choose({ scripts: { start: 'A=1 node x.js' }, files: ['x.js'] }).env).toEqual([['A', '1', 'override']]);
  });

  it('says why it took another script', () => {
    const web = choose({ scripts: { start: 'nest start', 'start:prod': 'node dist/main' }, files: ['dist/main.js'], development: ['nest'] });
    expect(web.explanation).toBe('node dist/main: from the "start:prod" script (node dist/main); "start" runs "nest", which only devDependencies have');
  });

  it('warns of a file that the build did not make', () => {
    expect(choose({ scripts: { start: 'node dist/main.js' } }).warnings).toEqual([
      '"dist/main.js" is not there after the build, so the application will not start',
    ]);
    expect(choose({ scripts: { start: 'node -e 1' } }).warnings).toEqual([]);
    expect(choose({ scripts: { start: 'node --import tracing gone.js && echo' } }).warnings).toContainEqual(expect.stringContaining('"gone.js"'));
    // What an earlier command makes, or a shell fills in, cannot be known.
    for (const start of ['make && node made.js', 'node $MAIN', 'node "a b.js" | tee log'])
      expect(choose({ scripts: { start } }).warnings, start).toEqual([expect.stringContaining('npm does not pass')]);
  });

  it('explains what it looked for', () => {
    expect(() => choose({ main: 'x.js' })).toThrow(
      expect.objectContaining({ code: 'NODE_START_MISSING', message: expect.stringContaining('the file "x.js" that "main" names') as string }),
    );
    expect(() => choose({ scripts: { start: 'vite preview' }, development: ['vite'] })).toThrow(
      expect.objectContaining({ code: 'NODE_START_NEEDS_DEV_DEPENDENCY' }),
    );
  });
});
