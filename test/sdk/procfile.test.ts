import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseProcfile, readProcfile } from '../../src/sdk/index.ts';

describe('parseProcfile()', () => {
  it('reads names and command lines, and leaves out comments and empty lines', () => {
    expect(parseProcfile('\uFEFF# start\r\n\nweb: node server.js --port $PORT\r\n  release.db-1 :  ./migrate: now  \n')).toEqual([
      { type: 'web', command: 'node server.js --port $PORT', line: 3 },
      { type: 'release.db-1', command: './migrate: now', line: 4 },
    ]);
  });

  it.each([
    ['web node x', 'Cannot read Procfile:1: "web node x" is not "name: command"'],
    ['# x\nweb:', 'Cannot read Procfile:2: "web:" is not "name: command"'],
    ['we b: x', 'Cannot read Procfile:1: "we b: x" is not "name: command"'],
    ['web: a\nworker: b\nweb: c', 'Cannot read Procfile:3: line 1 has a process "web" already'],
  ])('refuses %j', (text, message) => {
    expect(() => parseProcfile(text)).toThrow(expect.objectContaining({ code: 'PROCFILE_INVALID', message }));
  });
});

describe('readProcfile()', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tspack-procfile-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives no lines without a Procfile', () => {
    expect(readProcfile(folder)).toEqual([]);
  });

  it('reads the file of the application', () => {
    writeFileSync(join(folder, 'Procfile'), 'web: ./serve');
    expect(readProcfile(folder)).toEqual([{ type: 'web', command: './serve', line: 1 }]);
  });

  it('refuses a folder of that name', () => {
    mkdirSync(join(folder, 'Procfile'));
    expect(() => readProcfile(folder)).toThrow(expect.objectContaining({ code: 'PROCFILE_INVALID' }));
  });
});
