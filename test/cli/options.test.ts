import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { collectEnv, parseEnvFile, parseEnvOption } from '../../src/cli/options/env.ts';
import { parseCaches } from '../../src/cli/options/cache.ts';
import { parseCreationTime } from '../../src/cli/options/creation-time.ts';
import { parseOutput } from '../../src/cli/options/output.ts';
import { parsePort } from '../../src/cli/options/port.ts';
import { parseVolume } from '../../src/cli/options/volume.ts';

const folder = mkdtempSync(join(tmpdir(), 'tspack-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const inFolder = (path: string) => resolve(folder, path);
const usage = expect.objectContaining({ code: 'USAGE' });

describe('parsePort()', () => {
  it.each([
    ['8080', '127.0.0.1', 8080, 8080],
    ['3000:8080', '127.0.0.1', 3000, 8080],
    ['3000:8080/tcp', '127.0.0.1', 3000, 8080],
    ['0.0.0.0:80:8080', '0.0.0.0', 80, 8080],
    ['localhost:80:8080', 'localhost', 80, 8080],
    ['[::1]:80:8080', '::1', 80, 8080],
    ['1:65535', '127.0.0.1', 1, 65535],
  ])('reads %s', (text, hostAddress, hostPort, containerPort) => {
    expect(parsePort(text)).toEqual({ hostAddress, hostPort, containerPort });
  });

  it.each([
    '',
    'x',
    '0:80',
    '80:0',
    '65536',
    '80:99999',
    'a:b:c',
    '1:2:3:4',
    'example.com:80',
    '53:53/udp',
    '-1',
    '80:',
    ':80',
    '[::1]:80',
    '::1:80:80',
    '80 :80',
  ])('refuses %j', (text) => {
    expect(() => parsePort(text)).toThrow(usage);
  });
});

describe('parseEnvOption()', () => {
  it('keeps everything after the first equals sign', () => {
    expect(parseEnvOption('A=b=c "d" ', {})).toEqual({ A: 'b=c "d" ' });
    expect(parseEnvOption('A=', {})).toEqual({ A: '' });
  });

  it('takes the value of a bare name from here, if it has one', () => {
    expect(parseEnvOption('A', { A: 'x' })).toEqual({ A: 'x' });
    expect(parseEnvOption('A', {})).toEqual({});
    expect(parseEnvOption('BP_*', { BP_A: '1', BPE_B: '2', BP_: '3', BP_C: undefined })).toEqual({ BP_A: '1', BP_: '3' });
    expect(parseEnvOption('BP_*=x', {})).toEqual({ 'BP_*': 'x' });
  });

  it.each(['', '=x', 'A B=x', '../x=y', 'a/b=c'])('refuses %j', (text) => {
    expect(() => parseEnvOption(text, {})).toThrow(usage);
  });
});

describe('parseEnvFile()', () => {
  it('reads the form of Docker', () => {
    const text = '\ufeff# comment\r\n\r\n  A=1 # not a comment\r\nB="quoted"\nC=x=y\nHERE\nNOT_HERE\n   # comment\nA=2\nEMPTY=';
    expect(parseEnvFile(text, 'f', { HERE: 'yes' })).toEqual({ A: '2', B: '"quoted"', C: 'x=y', HERE: 'yes', EMPTY: '' });
  });

  it('says which line is wrong', () => {
    expect(() => parseEnvFile('A=1\n\nB C=2\n', 'vars.env', {})).toThrow('vars.env:3');
  });
});

describe('collectEnv()', () => {
  it('lets later files win over earlier ones, and --env over both', () => {
    writeFileSync(inFolder('one.env'), 'A=1\nB=1\nC=1\n');
    writeFileSync(inFolder('two.env'), 'B=2\nC=2\n');
    expect(collectEnv(['one.env', 'two.env'], ['C=3'], {}, inFolder)).toEqual({ A: '1', B: '2', C: '3' });
  });

  it('says which file is missing', () => {
    expect(() => collectEnv(['none.env'], [], {}, inFolder)).toThrow('none.env: ENOENT');
  });
});

describe('parseVolume()', () => {
  it('is read-only unless told otherwise', () => {
    expect(parseVolume('npmrc:/platform/bindings/npm', inFolder)).toEqual({ source: inFolder('npmrc'), target: '/platform/bindings/npm', writable: false });
    expect(parseVolume('npmrc:/data:ro', inFolder).writable).toBe(false);
    expect(parseVolume('npmrc:/data:rw', inFolder).writable).toBe(true);
    expect(parseVolume('/etc/npmrc:/data', inFolder).source).toBe('/etc/npmrc');
  });

  it.each(['npmrc', 'npmrc:', ':/x', 'npmrc:x', 'npmrc:/x:z', 'npmrc:/x:ro:y'])('refuses %j', (text) => {
    expect(() => parseVolume(text, inFolder)).toThrow(usage);
  });
});

describe('parseOutput()', () => {
  it('resolves paths against the working directory', () => {
    expect(parseOutput('docker', inFolder)).toEqual({ kind: 'docker' });
    expect(parseOutput('oci:layout', inFolder)).toEqual({ kind: 'oci', path: inFolder('layout') });
    expect(parseOutput('oci-archive:a:b.tar', inFolder)).toEqual({ kind: 'oci-archive', path: inFolder('a:b.tar') });
    expect(parseOutput('docker-archive:/x.tar', inFolder)).toEqual({ kind: 'docker-archive', path: '/x.tar' });
  });

  it.each(['', 'oci', 'oci:', 'docker:x', 'tar:x', 'registry'])('refuses %j', (text) => {
    expect(() => parseOutput(text, inFolder)).toThrow(usage);
  });
});

describe('parseCaches()', () => {
  it.each([
    ['type=build;format=volume', { kind: 'volume' }],
    ['format=volume;name=mine', { kind: 'volume', name: 'mine' }],
    ['type=build;format=bind;source=cache', { kind: 'bind', directory: inFolder('cache') }],
    ['type=build;format=image;name="example.com/cache:1"', { kind: 'image', name: 'example.com/cache:1' }],
    ['source=x', { kind: 'volume', name: 'x' }],
  ])("reads pack's %s", (text, place) => expect(parseCaches({ cache: [text] }, inFolder)).toEqual({ place, warnings: [] }));

  it('takes the last build cache, and says that launch caches change nothing', () => {
    const { place, warnings } = parseCaches({ cache: ['name=a', 'type=launch;format=bind;source=/l', 'name=b'] }, inFolder);
    expect(place).toEqual({ kind: 'volume', name: 'b' });
    expect(warnings).toEqual([expect.stringContaining('type=launch')]);
    expect(parseCaches({ cacheImage: 'x:1' }, inFolder).place).toEqual({ kind: 'image', name: 'x:1' });
    expect(parseCaches({}, inFolder)).toEqual({ warnings: [] });
  });

  it.each(['type=both', 'format=disk', 'format=bind', 'format=image;name=', 'volume', 'colour=red'])('refuses %s', (text) => {
    expect(() => parseCaches({ cache: [text] }, inFolder)).toThrow(usage);
  });

  it('reads another cache image beside that which is written', () => {
    expect(parseCaches({ cacheImage: 'x:1', cacheFrom: 'x:2' }, inFolder).place).toEqual({ kind: 'image', name: 'x:1', from: 'x:2' });
    expect(parseCaches({ cache: ['format=image;name=a'], cacheFrom: 'b' }, inFolder).place).toEqual({ kind: 'image', name: 'a', from: 'b' });
    expect(() => parseCaches({ cacheFrom: 'b' }, inFolder)).toThrow(usage);
    expect(() => parseCaches({ cache: ['name=a'], cacheFrom: 'b' }, inFolder)).toThrow(usage);
  });

  it('refuses two cache images', () => {
    expect(() => parseCaches({ cache: ['format=image;name=a'], cacheImage: 'b' }, inFolder)).toThrow(usage);
  });
});

describe('parseCreationTime()', () => {
  it('reads now and seconds', () => {
    expect(parseCreationTime('now', () => new Date(1500))).toBe(1);
    expect(parseCreationTime('1641013200', () => new Date(0))).toBe(1_641_013_200);
    for (const text of ['', '-1', '1.5', 'NOW', '9'.repeat(16)]) expect(() => parseCreationTime(text, () => new Date(0))).toThrow(usage);
  });
});
