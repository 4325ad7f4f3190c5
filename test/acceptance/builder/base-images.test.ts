import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { packagesOfSet } from '../../../src/debian/index.ts';
import { createLayerCompressor, openLayoutStore, parseImageReference, validateImage } from '../../../src/oci/index.ts';
import { machineArchitecture, realBuilders, sandboxArguments } from '../../support/real-builder.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';

const run = promisify(execFile);
const kept = process.env['TSPACK_TEST_CACHE'];
const home = kept ?? mkdtempSync(join(tmpdir(), 'tspack-builders-'));
const builders = realBuilders(home);
const architecture = machineArchitecture();
afterAll(() => {
  if (kept === undefined) rmSync(home, { recursive: true, force: true });
});

describe('run images from real packages', () => {
  it.each([
    ['base', 'amd64'],
    ['base', 'arm64'],
    ['tiny', 'amd64'],
    ['tiny', 'arm64'],
  ] as const)('are valid and the same twice: %s %s', { timeout: 300_000 }, async (name, target) => {
    const { image } = await builders.runImage(name, target);
    expect(await validateImage(image)).toEqual([]);
    expect(image.layers).toHaveLength(4);
    expect((await builders.runImage(name, target, 'elsewhere')).image.imageId).toBe(image.imageId);
  });

  it('share the layers of the C library and of TLS', { timeout: 300_000 }, async () => {
    const [base, tiny] = await Promise.all([builders.runImage('base', 'amd64'), builders.runImage('tiny', 'amd64')]);
    expect(tiny.image.layers.slice(0, 3).map(({ diffId }) => diffId)).toEqual(base.image.layers.slice(0, 3).map(({ diffId }) => diffId));
  });
});

describe.skipIf(skipWithout('an x64 or arm64 machine', architecture !== undefined))('the build image', () => {
  const inside = async (command: string) => {
    const target = architecture!;
    const [{ root, env }, { bubblewrap }] = await Promise.all([builders.buildImage('base', target), builders.toolbox(target)]);
    const workspace = mkdtempSync(join(home, 'workspace-'));
    const [file, ...prefix] = bubblewrap;
    const args = [...prefix, ...sandboxArguments(root, ['--bind', workspace, '/workspace', '--chdir', '/workspace'], env), '--', 'bash', '-euc', command];
    return (await run(file!, args, { env: {} })).stdout;
  };

  it('compiles C and C++, and has what builds ask for', { timeout: 300_000 }, async () => {
    const output = await inside(`
      id -u; whoami
      printf 'int main(){return 0;}' > a.c; cc a.c -o a; ./a; echo compiled C
      printf '#include <iostream>\\nint main(){std::cout<<"compiled C++"<<std::endl;}' > b.cc; c++ -static-libstdc++ b.cc -o b; ./b
      printf 'all:\\n\\t@echo made\\n' > Makefile; make
      git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git log --oneline | wc -l
      python3 -c 'import ssl, sqlite3, ctypes, lzma, zlib; print("python", len(ssl.create_default_context().get_ca_certs()) > 50)'
      perl -e 'print "perl\\n"'; echo a | awk '{print "awk", $1}'; sh -c 'echo sh'
      for program in curl unzip zip xz patch file ssh tar pkg-config openssl which; do command -v "$program" > /dev/null || { echo "no $program"; exit 1; }; done
    `);
    for (const line of ['1001', 'cnb', 'compiled C', 'compiled C++', 'made', 'python True', 'perl', 'awk a', 'sh']) expect(output.split('\n')).toContain(line);
  });

  it('trusts the certificates of its own bundle, by file and by hash link', { timeout: 300_000 }, async () => {
    const { root } = await builders.buildImage('base', architecture!);
    const output = await inside(`
      cd /etc/ssl/certs; links=0
      for link in *.0; do hash=$(openssl x509 -in "$link" -noout -subject_hash); test "$link" = "$hash.0" || { echo "wrong $link"; exit 1; }; links=$((links+1)); done
      test "$links" -gt 100; echo checked
    `);
    expect(output).toContain('checked');
    expect(readFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), 'latin1').match(/BEGIN CERTIFICATE/g)!.length).toBeGreaterThan(100);
  });

  it('has no link without a target and no library that is missing, but for what is left out on purpose', { timeout: 300_000 }, async () => {
    const links = await inside(String.raw`find / -xdev -xtype l -not -path '/proc/*' -not -path '/dev/*' -printf '%p\n' 2>/dev/null || true`);
    // The sanitizer runtimes are excluded packages; their links belong to the compiler's.
    const unexpected = links
      .split('\n')
      .filter((path) => path !== '' && !/^\/(etc\/mtab|usr\/share\/(doc|locale|man)\/|usr\/lib\/python3|usr\/lib\/gcc\/[^/]+\/14\/lib\w+san\.so$)/.test(path));
    expect(unexpected).toEqual([]);
    const missing = await inside(
      String.raw`find /usr/bin /usr/sbin /usr/lib/git-core /usr/lib/gcc -type f -perm /111 -exec ldd {} + 2>/dev/null | grep 'not found' | sort -u || true`,
    );
    expect(
      missing
        .split('\n')
        .map((line) => line.trim().split(' ')[0])
        .filter(Boolean),
    ).toEqual(['libdebconfclient.so.0', 'libgprofng.so.0']);
  });
});

// `go install github.com/anchore/syft/cmd/syft@latest` builds it.
const syft = findProgram('syft');

describe.skipIf(skipWithout('the scanner syft', syft !== undefined))('a scanner', () => {
  it.each([
    ['base', 'amd64'],
    ['tiny', 'arm64'],
  ] as const)('finds every package of the lock, with its licence: %s %s', { timeout: 300_000 }, async (name, target) => {
    const { image, lock } = await builders.runImage(name, target);
    const directory = mkdtempSync(join(home, 'layout-'));
    await openLayoutStore({ directory, compressor: createLayerCompressor(builders.blobs) }).write(image, [parseImageReference('scanned')]);
    const found = JSON.parse(execFileSync(syft!, ['scan', `oci-dir:${directory}`, '-o', 'json', '-q'], { encoding: 'utf8', maxBuffer: 1 << 28 })) as {
      readonly artifacts: readonly { readonly type: string; readonly name: string; readonly version: string; readonly licenses: readonly unknown[] }[];
      readonly distro: { readonly id: string; readonly versionID: string };
    };
    const packages = found.artifacts.filter(({ type }) => type === 'deb');
    expect(packages.map((each) => `${each.name} ${each.version}`).sort()).toEqual(
      packagesOfSet(lock, 'run')
        .map((each) => `${each.name} ${each.version}`)
        .sort(),
    );
    expect(packages.filter(({ licenses }) => licenses.length === 0)).toEqual([]);
    expect(found.distro.id).toBe('debian');
    expect(found.distro.versionID).toMatch(/^13(\.|$)/);
  });
});
