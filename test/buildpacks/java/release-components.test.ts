import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { releaseComponents } from '../../../buildpacks/java/src/runtime/release-components.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tspack-release-'));
  mkdirSync(join(home, 'lib'));
});
afterEach(() => rmSync(home, { recursive: true }));

describe('releaseComponents()', () => {
  it('names OpenJDK as its release file does, and its library', () => {
    writeFileSync(join(home, 'release'), 'IMPLEMENTOR="Debian"\nJAVA_RUNTIME_VERSION="21.0.9+10-1"\nJAVA_VERSION="21.0.9"\n');
    writeFileSync(join(home, 'lib/jrt-fs.jar'), '');
    expect(releaseComponents(home).map(({ purl }) => purl)).toEqual(['pkg:generic/oracle/openjdk@21.0.9%2B10-1', 'pkg:maven/jrt-fs/jrt-fs@21.0.9']);
    rmSync(join(home, 'lib/jrt-fs.jar'));
    writeFileSync(join(home, 'release'), 'JAVA_VERSION="1.8.0"\n');
    expect(releaseComponents(home).map(({ version }) => version)).toEqual(['1.8.0']);
  });

  it('says nothing of a Java without one', () => {
    expect(releaseComponents(home)).toEqual([]);
  });
});
