import { chmodSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostPath, Mount, SandboxPath } from '../../src/executor/index.ts';
import { claimFolders } from '../../src/platform/claim-folders.ts';
import { linkElsewhere } from '../../src/platform/link-elsewhere.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tspack-in-place-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...parts: readonly string[]) => join(folder, ...parts);

describe('claimFolders()', () => {
  it('empties what it took', () => {
    mkdirSync(at('workspace'));
    {
      using _claim = claimFolders([at('workspace')], at('source'));
      mkdirSync(at('workspace/deep/er'), { recursive: true });
      writeFileSync(at('workspace/.hidden'), '');
    }
    expect(existsSync(at('workspace'))).toBe(true);
    using _again = claimFolders([at('workspace')], at('source'));
  });

  it.each<[string, string, RegExp]>([
    ['is not there', 'none', /none is not there/],
    ['is a file', 'file', /file is not a folder/],
    ['holds something', 'full', /full is not empty/],
    ['holds the application', 'source', /where the build puts its copy/],
  ])('refuses a folder that %s, and touches nothing', (_what, name, message) => {
    for (const path of ['full', 'source']) mkdirSync(at(path));
    for (const path of ['file', 'full/kept', 'source/kept']) writeFileSync(at(path), '');
    const refused = expect.objectContaining({ code: 'INLINE_UNABLE', message: expect.stringMatching(message) as string }) as Error;
    expect(() => claimFolders([at(name)], at('source'))).toThrow(refused);
    expect(existsSync(at('full/kept')) && existsSync(at('source/kept'))).toBe(true);
  });

  it.skipIf(process.getuid?.() === 0)('refuses a folder of somebody else', () => {
    mkdirSync(at('closed'));
    chmodSync(at('closed'), 0o555);
    expect(() => claimFolders([at('closed')], at('source'))).toThrow(/cannot be written to \(EACCES\)/);
  });
});

describe('linkElsewhere()', () => {
  const folder = (name: string) => ({ hostPath: at(name) as HostPath, sandboxPath: at(name) as SandboxPath });
  const folders = () => ({ platform: folder('platform'), downloads: folder('downloads') });
  const volume = (target: string): Mount => ({ kind: 'bind', source: '/secrets/npmrc' as HostPath, target: target as SandboxPath, writable: false });

  it('shows bindings and downloads by links', () => {
    for (const path of ['platform/bindings', 'downloads']) mkdirSync(at(path), { recursive: true });
    linkElsewhere([volume('/platform/bindings/npmrc'), volume('/cnb/tspack-downloads/store')], folders());
    expect(readlinkSync(at('platform/bindings/npmrc'))).toBe('/secrets/npmrc');
    expect(readlinkSync(at('downloads/store'))).toBe('/secrets/npmrc');
  });

  it('refuses what would have to be mounted', () => {
    expect(() => linkElsewhere([volume('/opt/data')], folders())).toThrow(expect.objectContaining({ code: 'INLINE_UNABLE' }) as Error);
  });
});
