import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWantedPackages } from '../../../buildpacks/apt/src/wanted-packages.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'aptfile-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function read(aptfile: string | undefined, packages?: string, architecture = 'amd64') {
  if (aptfile !== undefined) writeFileSync(join(directory, 'Aptfile'), aptfile);
  const env: Record<string, string> = packages === undefined ? {} : { BP_APT_PACKAGES: packages };
  const target = { os: 'linux', architecture, variant: undefined, distribution: undefined };
  return readWantedPackages({ applicationDirectory: directory, env, target });
}

describe('readWantedPackages()', () => {
  it('reads names, versions and architectures, each once, with where they are', () => {
    expect(read('# tools\n\njq # for scripts\nffmpeg=7:7.1.1-1+deb13u1\r\nlibpq5:amd64 jq\n', 'jq, libvips42t64\ncurl')).toEqual([
      { name: 'jq', term: 'jq', place: 'Aptfile:3' },
      { name: 'ffmpeg', term: 'ffmpeg (= 7:7.1.1-1+deb13u1)', place: 'Aptfile:4' },
      { name: 'libpq5', term: 'libpq5', place: 'Aptfile:5' },
      { name: 'libvips42t64', term: 'libvips42t64', place: 'BP_APT_PACKAGES' },
      { name: 'curl', term: 'curl', place: 'BP_APT_PACKAGES' },
    ]);
    expect(read('libpq5:arm64\n', undefined, 'arm64')[0]?.term).toBe('libpq5');
  });

  it('finds nothing in comments and empty lines', () => {
    expect(read('# nothing\n\n   \n')).toEqual([]);
    expect(read(undefined, ' , ')).toEqual([]);
  });

  it.each([
    ['jq\n:repo:deb http://example.org/debian trixie main', 'Cannot read ":repo:deb" in Aptfile:2: it adds an archive'],
    ['https://example.org/tool.deb', 'Aptfile:1: it is an address, and nothing signs what is there'],
    ['FFmpeg', 'want a name, or name=version, in lower case'],
    ['jq==1.7', 'want a name, or name=version'],
    ['jq=$(id)', 'want a name, or name=version'],
    ['../etc/passwd', 'want a name'],
  ])('refuses %j', (aptfile, message) => {
    expect(() => read(aptfile)).toThrow(expect.objectContaining({ code: 'APT_FILE_INVALID', message: expect.stringContaining(message) }));
  });

  it('refuses packages of another architecture', () => {
    expect(() => read('jq:arm64')).toThrow(
      expect.objectContaining({ code: 'APT_ARCHITECTURE_FOREIGN', message: 'Cannot install "jq:arm64" of Aptfile:1: the image is for amd64' }),
    );
    expect(() => read('jq:amd46')).toThrow(expect.objectContaining({ nextStep: 'Write ":amd64", or leave the architecture out.' }));
  });
});
