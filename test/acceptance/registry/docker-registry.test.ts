import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess, systemClock } from '../../../src/foundation/index.ts';
import { createHttpClient } from '../../../src/http/index.ts';
import { createDockerKeychain, createRegistryStore } from '../../../src/registry/index.ts';
import { createLayerCompressor, openBlobDirectory, parseImageReference } from '../../../src/oci/index.ts';
import { startDockerRegistry } from '../../support/real-registries.ts';
import type { StartedRegistry } from '../../support/real-registries.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const CRANE = findProgram('crane');
const SKOPEO = findProgram('skopeo');
const AMD64 = { os: 'linux', architecture: 'amd64' };
const AUTH = Buffer.from('someone:open sesame').toString('base64');
/** bcrypt of "open sesame": the only form that this registry reads. */
const HTPASSWD = 'someone:$2b$04$gr477x2e5o4OvTBQQyQRUuBQ16VXXwzo3ZhVb5url3exRsPyjGb06\n';

describe.skipIf(skipWithout('docker-registry', findProgram('docker-registry') !== undefined))('what is pushed to a real registry with a password', () => {
  let directory: string;
  let server: StartedRegistry;
  let env: Record<string, string>;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tspack-docker-registry-'));
    server = await startDockerRegistry(join(directory, 'registry'), { htpasswd: HTPASSWD });
    writeFileSync(join(directory, 'config.json'), JSON.stringify({ auths: { [server.host]: { auth: AUTH } } }));
    env = { PATH: process.env.PATH ?? '', HOME: directory, DOCKER_CONFIG: directory, REGISTRY_AUTH_FILE: join(directory, 'config.json') };
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const open = (files: readonly string[]) =>
    createRegistryStore({
      http: createHttpClient({ userAgent: 'tspack-test', clock: systemClock }),
      keychain: createDockerKeychain({ files, runHelper: () => Promise.reject(new Error('no helper')) }),
      clock: systemClock,
      compressor: createLayerCompressor(openBlobDirectory(join(directory, 'blobs'))),
    });

  it('crane and skopeo read', async () => {
    const image = await syntheticImage('for others', { layers: 3, layerBytes: 300_000 });
    const name = `${server.host}/team/app:1`;
    const { digest } = await open([join(directory, 'config.json')]).write(image, [parseImageReference(name)]);
    if (!skipWithout('crane', CRANE !== undefined)) {
      expect(await runProcess([CRANE!, 'digest', name], { env })).toMatchObject({ exitCode: 0, stdout: `${digest}\n` });
      expect(await runProcess([CRANE!, 'validate', '--remote', name], { env })).toMatchObject({ exitCode: 0 });
    }
    if (!skipWithout('skopeo', SKOPEO !== undefined)) {
      const seen = await runProcess([SKOPEO!, 'inspect', '--tls-verify=false', `docker://${name}`], { env });
      expect(JSON.parse(seen.stdout)).toMatchObject({ Digest: digest, Labels: { seed: 'for others' } });
    }
  });

  it('is refused to who has no password, or a wrong one, with the right words', async () => {
    const reference = parseImageReference(`${server.host}/team/app:1`);
    await expect(open([]).read(reference, AMD64)).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', user: undefined });
    const wrong = join(directory, 'wrong.json');
    writeFileSync(wrong, JSON.stringify({ auths: { [server.host]: { auth: Buffer.from('someone:else').toString('base64') } } }));
    await expect(open([wrong]).repository(reference).verifyPushAccess()).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', user: 'someone' });
  });
});
