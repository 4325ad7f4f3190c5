import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** `directories` is a list of folders; every other member holds files by name. */
type Layer = Readonly<Record<string, readonly string[] | Readonly<Record<string, string>>>>;

/** A row of the table that TypeScript and C share. */
interface EnvCase {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly buildpacks: readonly { readonly id: string; readonly layers: Readonly<Record<string, Layer>> }[];
  readonly processType?: string;
  readonly launch: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '../..');
const { cases } = JSON.parse(readFileSync(join(root, 'test/fixtures/env-rules.json'), 'utf8')) as { readonly cases: readonly EnvCase[] };
const ours = process.env['TSPACK_TEST_LAUNCHER'] ?? join(root, `launcher/bin/launcher-linux-${process.arch === 'x64' ? 'amd64' : process.arch}`);
const reference = process.env['TSPACK_TEST_REFERENCE'];

const scratch = mkdtempSync(join(tmpdir(), 'tspack-env-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let runs = 0;

/** The environment that a process gets, and what the table says. */
function launch(launcher: string, row: EnvCase) {
  const layers = join(scratch, String(runs++));
  for (const { id, layers: named } of row.buildpacks) {
    for (const [name, content] of Object.entries(named)) writeLayer(join(layers, id.replaceAll('/', '_'), name), content);
  }
  const type = row.processType ?? 'no-such-type';
  const buildpacks = row.buildpacks.map(({ id }) => `[[buildpacks]]\nid = ${JSON.stringify(id)}\napi = "0.12"\n`);
  mkdirSync(join(layers, 'config'), { recursive: true });
  writeFileSync(join(layers, 'config/metadata.toml'), `${buildpacks.join('')}[[processes]]\ntype = ${JSON.stringify(row.processType ?? 'x')}\ncommand = ["/usr/bin/env", "-0"]\ndirect = true\n`);
  const fill = (values: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.replaceAll('<layers>', layers)]));
  const env = { ...fill(row.env), CNB_PLATFORM_API: '0.12', CNB_LAYERS_DIR: layers, CNB_APP_DIR: layers };
  const args = row.processType === undefined ? ['--', '/usr/bin/env', '-0'] : [];
  const { stdout, stderr } = spawnSync(launcher, args, { argv0: `/cnb/process/${type}`, env: env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const found = Object.fromEntries(stdout.split('\0').filter((entry) => entry !== '').map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  return { found, stderr, wanted: fill(row.launch) };
}

function writeLayer(folder: string, layer: Layer): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(layer)) {
    if (name === 'directories') {
      for (const inner of content as readonly string[]) mkdirSync(join(folder, inner), { recursive: true });
    } else {
      mkdirSync(join(folder, name), { recursive: true });
      for (const [file, text] of Object.entries(content as Readonly<Record<string, string>>)) writeFileSync(join(folder, name, file), text);
    }
  }
}

describe('the launch environment', () => {
  it.each(cases)('$name', (row) => {
    const { found, stderr, wanted } = launch(ours, row);
    expect(found).toEqual(wanted);
    if ('CNB_PROCESS_TYPE' in row.env) expect(stderr).toMatch(/^Warning: CNB_PROCESS_TYPE is not supported .*\nWarning: Run with ENTRYPOINT .*\n$/);
    else expect(stderr).toBe('');
  });
});

describe.runIf(reference !== undefined)('the launch environment of the reference', () => {
  // It warns on stdout, in the middle of what env prints.
  it.each(cases.filter(({ env }) => !('CNB_PROCESS_TYPE' in env)))('$name', (row) => {
    const { found, wanted } = launch(join(reference ?? '', 'launcher'), row);
    expect(found).toEqual(wanted);
  });
});
