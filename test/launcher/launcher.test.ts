import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

type File = string | { readonly executable: string } | { readonly link: string };

/** One row of `cases.json`. `{layers}` and `{app}` in texts stand for the folders of the run. */
interface LauncherCase {
  readonly name: string;
  /** The line of the conformance checklist. */
  readonly rule?: string;
  readonly program: string;
  readonly args?: readonly string[];
  /** null removes a variable. */
  readonly env?: Readonly<Record<string, string | null>>;
  readonly metadata?: string;
  readonly files?: Readonly<Record<string, File>>;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
  /** Where the reference launcher does something else. */
  readonly reference?: { readonly skip?: string; readonly code?: number };
}

const cases = JSON.parse(readFileSync(join(import.meta.dirname, 'cases.json'), 'utf8')) as readonly LauncherCase[];
const bin = join(import.meta.dirname, '../../launcher/bin');
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const ours = process.env['TSPACK_TEST_LAUNCHER'] ?? join(bin, `launcher-linux-${architectures[process.arch] ?? process.arch}`);
const reference = process.env['TSPACK_TEST_REFERENCE'];

const scratch = mkdtempSync(join(tmpdir(), 'tspack-launcher-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let runs = 0;

function writeTree(root: string, files: Readonly<Record<string, File>>): void {
  for (const [name, file] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof file === 'string') writeFileSync(path, file);
    else if ('link' in file) symlinkSync(file.link, path);
    else {
      writeFileSync(path, file.executable);
      chmodSync(path, 0o755);
    }
  }
}

function run(launcher: string, { program, args = [], env = {}, metadata, files = {} }: LauncherCase) {
  const root = join(scratch, String(runs++));
  const layers = join(root, 'layers');
  const app = join(root, 'app');
  for (const folder of [layers, app]) mkdirSync(folder, { recursive: true });
  writeTree(root, { ...files, ...(metadata === undefined ? {} : { 'layers/config/metadata.toml': metadata }) });
  const fill = (text: string) => text.replaceAll('{layers}', layers).replaceAll('{app}', app);
  const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', CNB_PLATFORM_API: '0.12', CNB_LAYERS_DIR: layers, CNB_APP_DIR: app, CNB_NO_COLOR: 'true', ...env };
  const entries = Object.entries(environment).flatMap(([name, value]) => (value === null ? [] : [[name, fill(value)]]));
  const result = spawnSync(launcher, args, { argv0: program, cwd: root, env: Object.fromEntries(entries) as NodeJS.ProcessEnv, encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] });
  return { ...result, fill };
}

function check(launcher: string, row: LauncherCase): void {
  const result = run(launcher, row);
  expect(result.error).toBeUndefined();
  expect({ code: result.status, stdout: result.stdout, stderr: row.stderr === undefined ? result.stderr : '' }).toEqual({
    code: row.code ?? 0,
    stdout: result.fill(row.stdout ?? ''),
    stderr: '',
  });
  if (row.stderr !== undefined) expect(result.stderr).toContain(result.fill(row.stderr));
}

describe('the launcher', () => {
  it.each(cases)('$name', (row) => check(ours, row));

  it('says one line when it fails', () => {
    const { stderr } = run(ours, { name: '', program: '/cnb/lifecycle/launcher', metadata: '' });
    expect(stderr).toBe('ERROR: failed to launch: determine start command: when there is no default process a command is required\n');
  });

  it('passes on a large environment', () => {
    const env = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`VARIABLE_${index}`, 'x'.repeat(100)]));
    const result = run(ours, { name: '', program: 'launcher', args: ['--', 'sh', '-c', 'env | grep -c ^VARIABLE_'], env: { ...env, LONG: 'y'.repeat(100_000) }, metadata: '' });
    expect(result.stdout).toBe('5000\n');
  });

  it('reads twenty thousand variables from one exec.d program in no time', () => {
    const program = { executable: "#!/bin/sh\nfor i in 0 1 2 3 4 5 6 7 8 9; do seq 2000 | sed \"s/.*/V${i}_& = ''/\"; done >&3\n" };
    const metadata = '[[buildpacks]]\nid = "a"\napi = "0.12"\n';
    const result = run(ours, { name: '', program: 'launcher', args: ['--', 'sh', '-c', 'env | grep -c ^V'], metadata, files: { 'layers/a/l/exec.d/many': program } });
    expect(result.stdout).toBe('20000\n');
  });

  it('refuses TOML that is nested too deeply', () => {
    const metadata = `x = ${'['.repeat(100_000)}`;
    const result = run(ours, { name: '', program: 'launcher', metadata });
    expect({ code: result.status, stderr: result.stderr }).toMatchObject({ code: 82, stderr: expect.stringContaining('nested too deeply') });
  });

  it.each(['amd64', 'arm64'])('is at most 64 KiB for %s, and static', (architecture) => {
    const path = join(bin, `launcher-linux-${architecture}`);
    expect(statSync(path).size).toBeLessThanOrEqual(65_536);
    expect(statSync(path).mode & 0o111).toBe(0o111);
    const binary = readFileSync(path);
    expect(binary.readUInt16LE(18)).toBe(architecture === 'amd64' ? 0x3e : 0xb7);
    const headers = Array.from({ length: binary.readUInt16LE(56) }, (_, index) => binary.readUInt32LE(64 + index * 56));
    expect(headers, 'no program interpreter').not.toContain(3);
  });
});

describe.runIf(reference !== undefined)('the reference launcher', () => {
  it.each(cases.filter((row) => row.reference?.skip === undefined))('$name', (row) => {
    const result = run(join(reference ?? '', 'launcher'), row);
    const code = row.reference?.code ?? row.code ?? 0;
    expect(result.status).toBe(code);
    // Its messages are its own, and go to stdout.
    if (code < 11) expect(result.stdout).toContain(result.fill(row.stdout ?? ''));
  });
});
