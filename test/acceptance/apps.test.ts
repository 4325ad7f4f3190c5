import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { skipWithout } from '../support/requirement.ts';
import { expectRuns, imageIdOf, lastLine, runTspack } from '../support/tspack-command.ts';
import type { Check } from '../support/tspack-command.ts';

interface Application {
  readonly id: string;
  readonly check: Check;
  readonly env?: Readonly<Record<string, string>>;
  readonly buildEnv?: Readonly<Record<string, string>>;
}

/** Applications that others wrote and that every change must keep working. */
const IDS = ['node-express-pug', 'node-cors-anywhere', 'node-next-app'];

const folder = process.env['TSPACK_TEST_APPS'] ?? '';
const manifest = join(folder, 'manifest.json');

const variables = (env: Readonly<Record<string, string>> = {}) => Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);

describe.skipIf(skipWithout('TSPACK_TEST_APPS, a folder with applications and their manifest.json', existsSync(manifest)))('real applications', () => {
  it.each(IDS)('builds %s, runs it, and builds it again from what is kept', async (id) => {
    const { apps } = JSON.parse(readFileSync(manifest, 'utf8')) as { apps: readonly Application[] };
    const application = apps.find((one) => one.id === id);
    if (application === undefined) throw new Error(`${manifest} does not list ${id}`);
    const path = join(folder, id);
    const before = stateOf(path);
    const build = ['build', `apps/${id}`, '--path', path, '--builder', 'base', ...variables(application.buildEnv)];

    const first = await runTspack(build);
    expect(lastLine(first)).toBe(`apps/${id} ${imageIdOf(first)}`);
    await expectRuns(`apps/${id}`, application.check, { args: ['--runtime', 'sandbox', ...variables(application.env)] });
    // The source is the user's.
    expect(stateOf(path)).toEqual(before);

    const second = await runTspack(build);
    expect(lastLine(second)).toBe(lastLine(first));
    expect(second.stderr).toMatch(/^Layers: +0 layers added/m);
  });
});

/** Every file with its size and time. */
function stateOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true })
    .map((name) => `${String(name)} ${lstatSync(join(directory, String(name))).size} ${lstatSync(join(directory, String(name))).mtimeMs}`)
    .sort();
}
