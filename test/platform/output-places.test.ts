import { mkdirSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildFixture, writing } from '../support/build-fixture.ts';

let fixture: BuildFixture;
beforeEach(() => {
  fixture = new BuildFixture();
  fixture.buildpack('samples/one', { build: writing({ 'launch.toml': '' }) });
  mkdirSync(join(fixture.root, 'full'));
  writeFileSync(join(fixture.root, 'full/notes.txt'), 'mine');
});
afterEach(() => fixture.remove());

const at = (name: string) => join(fixture.root, name);

describe('requireOutputPlaces()', () => {
  it.each([
    ['oci', 'full', /full: the folder holds other things/],
    ['oci', 'full/notes.txt', /notes\.txt: it is not a folder/],
    ['oci', 'full/notes.txt/layout', /notes\.txt is not a folder/],
    ['oci-archive', 'full', /full: it is a folder/],
    ['docker-archive', 'full/notes.txt/image.tar', /notes\.txt is not a folder/],
  ] as const)('refuses %s:%s before anything is built, and leaves it as it was', async (kind, path, message) => {
    await expect(fixture.build({ outputs: [{ kind, path: at(path) }] })).rejects.toMatchObject({
      code: 'OUTPUT_UNUSABLE',
      message: expect.stringMatching(message) as unknown,
    });
    expect(fixture.told()).toEqual([]);
    expect(readFileSync(at('full/notes.txt'), 'utf8')).toBe('mine');
  });

  it('does not put an archive in the place of a device', async () => {
    await expect(fixture.build({ outputs: [{ kind: 'docker-archive', path: '/dev/null' }] })).rejects.toMatchObject({
      message: expect.stringContaining('it is not a regular file') as unknown,
    });
  });

  it('replaces the file that a link leads to, and not the link', async () => {
    writeFileSync(at('old.tar'), 'old');
    symlinkSync('old.tar', at('link.tar'));
    await fixture.build({ outputs: [{ kind: 'docker-archive', path: at('link.tar') }] });
    expect(readlinkSync(at('link.tar'))).toBe('old.tar');
    expect(readFileSync(at('old.tar')).subarray(0, 3).toString()).not.toBe('old');
  });

  it('takes a layout that is there, an empty folder, and folders that are not there yet', async () => {
    mkdirSync(at('empty'));
    const outputs = ['empty', 'new/layout'].map((path) => ({ kind: 'oci', path: at(path) }) as const);
    await fixture.build({ outputs });
    await fixture.build({ outputs, image: 'example.com/team/app:2' });
    expect(readdirSync(at('new/layout')).sort()).toEqual(['blobs', 'index.json', 'ingest', 'oci-layout']);
  });
});
