import { execFileSync } from 'node:child_process';
import { chmodSync, createReadStream, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LABELS, parseProjectMetadataLabel } from '../../src/cnb/index.ts';
import { parseImageReference } from '../../src/oci/index.ts';
import { BuildFixture, writing } from '../support/build-fixture.ts';
import { GitRepository, runGit } from '../support/git-repository.ts';
import { zipFile } from '../support/zip-file.ts';

let fixture: BuildFixture;
beforeEach(() => (fixture = new BuildFixture()));
afterEach(() => fixture.remove());

const workFolders = () => (existsSync(fixture.home.work) ? readdirSync(fixture.home.work) : []);
const labelOf = async (image = 'example.com/team/app:1') => {
  const { config } = (await fixture.store.read(parseImageReference(image), { os: 'linux', architecture: 'amd64' }))!;
  return parseProjectMetadataLabel(config.config!.Labels![LABELS.projectMetadata]!);
};

describe('build() from anywhere', () => {
  it('makes the same layers of a folder, a tar, a zip, a stream and a repository', async () => {
    fixture.buildpack('samples/one', { build: writing({ 'launch.toml': '[[processes]]\ntype = "web"\ncommand = ["serve"]\n' }) });
    const at = (name: string) => join(fixture.root, name);
    fixture.write('source/run.sh', '#!/bin/sh\n', 0o700);
    execFileSync('tar', ['--create', '--gzip', '--file', at('app.tgz'), '--directory', fixture.source, '.']);
    writeFileSync(
      at('app.zip'),
      zipFile([
        { path: 'app.txt', content: 'application', mode: 0o100600 },
        { path: 'run.sh', content: '#!/bin/sh\n', mode: 0o100755 },
      ]),
    );
    const repository = new GitRepository(at('repository'));
    repository.commit({ 'service/app.txt': 'application', 'service/run.sh': '#!/bin/sh\n' });
    chmodSync(join(repository.directory, 'service/run.sh'), 0o755);
    const commit = repository.commit({});
    const address = `${repository.url}#main:service`;
    const sources = [fixture.source, at('app.tgz'), 'app.zip', createReadStream(at('app.tgz')), address];
    const built = [];
    for (const [index, path] of sources.entries()) built.push(await fixture.build({ path, baseDirectory: fixture.root, image: `app${index}` }, { runGit }));
    expect(new Set(built.map(({ layers }) => JSON.stringify(layers.map(({ name, diffId }) => [name, diffId])))).size).toBe(1);
    // What the label says of the source is all that may differ.
    expect(new Set(built.slice(0, 4).map(({ imageId }) => imageId)).size).toBe(1);
    expect(await labelOf('app4')).toEqual({
      source: { type: 'git', version: { commit, describe: commit }, metadata: { refs: ['main'], url: repository.url } },
    });
    expect(built[4]!.record.facts).toContainEqual({ kind: 'consumed', what: 'source', name: address, version: commit, sizeBytes: 21 });
    expect(workFolders()).toEqual([]);
  });

  it('reads project.toml of what it fetched', async () => {
    fixture.buildpack('samples/one');
    const descriptor = '[_]\nschema-version = "0.2"\nversion = "7"\n[io.buildpacks]\nexclude = ["secret"]\n';
    writeFileSync(join(fixture.root, 'app.zip'), zipFile({ 'project.toml': descriptor, secret: 'x', file: 'y' }));
    await fixture.build({ path: join(fixture.root, 'app.zip') });
    expect(await labelOf()).toEqual({ source: { type: 'project', version: { declared: '7' } } });
  });

  it('leaves nothing when it fails, be it early or late', async () => {
    const file = join(fixture.root, 'app.zip');
    writeFileSync(file, 'no zip');
    await expect(fixture.build({ path: file })).rejects.toMatchObject({ code: 'SOURCE_ARCHIVE_INVALID' });
    expect(workFolders()).toEqual([]);
    writeFileSync(file, zipFile({ a: 'b' }));
    await expect(fixture.build({ path: file, image: 'No Name' })).rejects.toMatchObject({ code: 'IMAGE_REFERENCE_INVALID' });
    fixture.buildpack('samples/one', { detect: () => 100 });
    await expect(fixture.build({ path: file })).rejects.toMatchObject({ code: 'DETECT_NONE', message: expect.stringContaining(file) as string });
    rmSync(file);
    await expect(fixture.build({ path: file })).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    expect(workFolders()).toEqual([]);
  });
});
