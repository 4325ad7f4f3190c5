import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { skipWithout } from '../support/requirement.ts';
import { expectRuns, imageIdOf, lastLine, runTspack } from '../support/tspack-command.ts';
import type { Check } from '../support/tspack-command.ts';

interface Application {
  readonly id: string;
  readonly check: Check & {
    /** Where it listens whatever `PORT` says. */
    readonly port?: number;
    /** The only name that it answers to. */
    readonly host?: string;
  };
  /** In words: `honours PORT, default 3000`. */
  readonly port: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly buildEnv?: Readonly<Record<string, string>>;
}

/** One for each way of building, of those that take seconds; `npm run test:apps` takes all that there are. */
const FAST = [
  'node-express-pug',
  'node-cors-anywhere',
  'node-vite-react-ts',
  'static-h5bp',
  'py-flask-flaskr',
  'py-django-start',
  'java-webapp-jsp',
  'java-jar-nanohttpd',
  'go-httpbin',
  'php-adminer',
];

/** What an application asks for where no terminal is attached. */
const WITHOUT_TERMINAL: Readonly<Record<string, Readonly<Record<string, string>>>> = { 'rust-miniserve': { MINISERVE_PATH: '.' } };

const folder = process.env['TSPACK_TEST_APPS'] ?? '';
const manifest = join(folder, 'manifest.json');
const present = existsSync(manifest);
const { apps } = present ? (JSON.parse(readFileSync(manifest, 'utf8')) as { apps: readonly Application[] }) : { apps: [] };
const chosen = process.env['TSPACK_TEST_ALL_APPS'] === '1' ? apps : apps.filter(({ id }) => FAST.includes(id));

const variables = (env: Readonly<Record<string, string>> = {}) => Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);

describe.skipIf(skipWithout('TSPACK_TEST_APPS, a folder with applications and their manifest.json', present))('real applications', () => {
  it('are there', () => expect(chosen.map(({ id }) => id)).toEqual(expect.arrayContaining(FAST)));

  it.each(chosen)('builds $id, runs it, and builds it again from what is kept', async (application) => {
    const { id, check, env, buildEnv } = application;
    const path = join(folder, id);
    const before = stateOf(path);
    const build = ['build', `apps/${id}`, '--path', path, '--builder', 'base', ...variables(buildEnv)];

    const first = await runTspack(build);
    expect(lastLine(first)).toBe(`apps/${id} ${imageIdOf(first)}`);
    const containerPort = listensOn(application);
    await expectRuns(`apps/${id}`, check, { args: ['--runtime', 'sandbox', ...variables({ ...env, ...WITHOUT_TERMINAL[id] })], containerPort });
    // The source is the user's.
    expect(stateOf(path)).toEqual(before);

    const second = await runTspack(build);
    expect(lastLine(second)).toBe(lastLine(first));
    expect(second.stderr).toMatch(/^Layers: +0 layers added/m);
  });
});

/** `tspack run` gives `PORT`, which some do not listen to. */
function listensOn({ check, port }: Application): number {
  const own = port.includes('PORT') ? undefined : /default (\d+)/.exec(port)?.[1];
  return check.port ?? Number(own ?? 8080);
}

/** Every file with its size and time. */
function stateOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true })
    .map((name) => `${String(name)} ${lstatSync(join(directory, String(name))).size} ${lstatSync(join(directory, String(name))).mtimeMs}`)
    .sort();
}
