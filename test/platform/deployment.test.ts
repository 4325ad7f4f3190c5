import { describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { join } from 'node:path';
import { packageRoot, parseDigest } from '../../src/foundation/index.ts';
import { describeDeployment } from '../../src/platform/index.ts';
import type { DeploymentOptions } from '../../src/platform/index.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const descriptor = { mediaType: 'application/vnd.oci.image.index.v1+json', digest, size: 1 };
const BUILDER = 'r.example:5000/tools/tspack';

function describeIn(options: Partial<DeploymentOptions>, found: typeof descriptor | null = descriptor) {
  const resolve = vi.fn(() => Promise.resolve(found ?? undefined));
  const text = describeDeployment(
    { system: 'tekton', builder: `${BUILDER}:builder-base`, namespaced: false, insecureRegistries: [], ...options },
    { directory: join(packageRoot(), 'deploy'), registry: () => Promise.resolve({ resolve }) },
  );
  return { text, resolve };
}

const kinds = (text: string) => parseAllDocuments(text).map((document) => (document.toJS() as { kind: string }).kind);

describe('describeDeployment()', () => {
  it('names the builder everywhere with the digest that it has now', async () => {
    const text = await describeIn({}).text;
    expect(kinds(text)).toEqual(expect.arrayContaining(['Task', 'Pipeline']));
    expect(text).not.toContain('registry.example.com');
    const defaults = text.match(/default: .*tspack.*/g) ?? [];
    expect(defaults.length).toBeGreaterThanOrEqual(4);
    for (const line of defaults) expect(line).toBe(`default: ${BUILDER}@${digest}`);
  });

  it('takes a digest as it is', async () => {
    const { text, resolve } = describeIn({ builder: `${BUILDER}@${digest}` });
    expect(await text).toContain(`default: ${BUILDER}@${digest}`);
    expect(resolve).not.toHaveBeenCalled();
  });

  it('has a strategy for the cluster or for a namespace', async () => {
    expect(kinds(await describeIn({ system: 'shipwright' }).text)).toEqual(['ClusterBuildStrategy']);
    expect(kinds(await describeIn({ system: 'shipwright', namespaced: true }).text)).toEqual(['BuildStrategy']);
  });

  it('says how a builder gets there that is not', async () => {
    await expect(describeIn({}, null).text).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      nextStep: expect.stringContaining(`tspack builder publish base ${BUILDER}`) as string,
    });
  });
});
