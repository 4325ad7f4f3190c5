import { describe, expect, it } from 'vitest';
import { chooseProcesses, type BuiltApplication } from '../../../buildpacks/nodejs/src/start-command.ts';
import { parseManifest } from '../../../buildpacks/nodejs/src/manifest.ts';

interface Case {
  readonly scripts?: Record<string, string>;
  readonly main?: string;
  readonly files?: readonly string[];
  readonly procfile?: string;
  readonly programs?: Record<string, string>;
  readonly development?: readonly string[];
  readonly noManifest?: true;
}

function choose({ scripts = {}, main, files = [], procfile, programs = {}, development = [], noManifest }: Case) {
  const application: BuiltApplication = {
    manifest: noManifest ? undefined : parseManifest(JSON.stringify({ scripts, main })),
    procfile,
    isFile: (path) => files.includes(path),
    isDirectory: (path) => files.some((file) => file.startsWith(`${path}/`)),
    resolveProgram: (name) => (programs[name] === undefined ? undefined : programs[name] === 'foreign' ? 'foreign' : { script: programs[name] }),
    isDevelopmentProgram: (name) => development.includes(name),
  };
  return chooseProcesses(application);
}

const next = { next: 'node_modules/next/dist/bin/next' };

describe('chooseProcesses()', () => {
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
    ['a Procfile', { procfile: '# x\nweb: node server.js\n', scripts: { start: 'node other.js' }, files: ['server.js'] }, ['node', 'server.js']],
    ['a Procfile that needs a shell', { procfile: 'web: node x --port $PORT' }, ['sh', '-c', 'node x --port $PORT']],
  ])('resolves %s', (_, application, command) => {
    const [web] = choose(application).filter(({ type }) => type === 'web');
    expect(web?.command).toEqual(command);
    expect(web?.needsNpm).toBe(command[0] === 'npm');
  });

  it('keeps what the command line sets', () => {
    expect(choose({ scripts: { start: 'cross-env A=1 B=2 node x.js' }, files: ['x.js'] })[0]).toMatchObject({
      command: ['node', 'x.js'],
      env: [
        ['A', '1'],
        ['B', '2'],
      ],
    });
    expect(choose({ scripts: { start: 'A=1 node x.js' }, files: ['x.js'] })[0]?.env).toEqual([['A', '1']]);
  });

  it('says why it took another script', () => {
    const [web] = choose({ scripts: { start: 'nest start', 'start:prod': 'node dist/main' }, files: ['dist/main.js'], development: ['nest'] });
    expect(web?.explanation).toBe('node dist/main: from the "start:prod" script (node dist/main); "start" runs "nest", which only devDependencies have');
  });

  it('warns of a file that the build did not make', () => {
    expect(choose({ scripts: { start: 'node dist/main.js' } })[0]?.warnings).toEqual([
      '"dist/main.js" is not there after the build, so the application will not start',
    ]);
    expect(choose({ scripts: { start: 'node -e 1' } })[0]?.warnings).toEqual([]);
  });

  it('lists all processes of a Procfile and adds web from package.json', () => {
    const processes = choose({ procfile: 'worker: node w.js', scripts: { start: 'node s.js' }, files: ['w.js', 's.js'] });
    expect(processes.map(({ type, command }) => [type, ...command])).toEqual([
      ['worker', 'node', 'w.js'],
      ['web', 'node', 's.js'],
    ]);
  });

  it('explains what it looked for', () => {
    expect(() => choose({ main: 'x.js' })).toThrow(
      expect.objectContaining({ code: 'NODE_START_MISSING', message: expect.stringContaining('the file "x.js" that "main" names') as string }),
    );
    expect(() => choose({ scripts: { start: 'vite preview' }, development: ['vite'] })).toThrow(
      expect.objectContaining({ code: 'NODE_START_NEEDS_DEV_DEPENDENCY' }),
    );
    expect(() => choose({ procfile: 'web node x' })).toThrow('Cannot read Procfile:1: "web node x" is not "name: command"');
  });
});
