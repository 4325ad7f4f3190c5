import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostPath } from '../../src/executor/index.ts';
import { makeHomeFolder } from '../../src/platform/home-folder.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'tspack-home-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const at = (...parts: readonly string[]) => join(directory, ...parts);
const make = (home: string) => makeHomeFolder(at('made'), at('root') as HostPath, home);

describe('makeHomeFolder()', () => {
  it('has what the build image has there, and leaves links as they are', () => {
    mkdirSync(at('root/home/cnb/.config'), { recursive: true });
    writeFileSync(at('root/home/cnb/.config/tool'), 'on');
    symlinkSync('/etc/passwd', at('root/home/cnb/link'));
    make('/home/cnb');
    expect(readFileSync(at('made/.config/tool'), 'utf8')).toBe('on');
    expect(lstatSync(at('made/link')).isSymbolicLink()).toBe(true);
    writeFileSync(at('made/.config/tool'), 'off');
    expect(readFileSync(at('root/home/cnb/.config/tool'), 'utf8')).toBe('on');
  });

  it('is empty where the image has no such folder, and never shows one of this machine', () => {
    mkdirSync(at('root/home'), { recursive: true });
    mkdirSync(at('outside'));
    writeFileSync(at('outside/secret'), 'secret');
    symlinkSync('../../../../outside', at('root/home/cnb'));
    make('/home/cnb');
    make('/home/other');
    expect(existsSync(at('made'))).toBe(true);
    expect(readdirSync(at('made'))).toEqual([]);
  });
});
