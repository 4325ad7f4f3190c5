import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseDigest, packageRoot } from '../../src/foundation/index.ts';
import { parseImageReference, tektonResults } from '../../src/oci/index.ts';
import { buildingLibrary, runFake } from '../support/fake-library.ts';

interface Step {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly script?: string;
  readonly securityContext?: object;
}

interface Spec {
  readonly params?: readonly Parameter[];
  readonly parameters?: readonly Parameter[];
  readonly results?: readonly { readonly name: string }[];
  readonly stepTemplate?: Partial<Step>;
  readonly steps?: readonly Step[];
  readonly tasks?: readonly { readonly taskSpec?: Spec }[];
}

interface Parameter {
  readonly name: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly defaults?: readonly string[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: Spec;
}

const root = packageRoot();
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const manifests = ['tekton', 'shipwright'].flatMap((folder) =>
  readdirSync(join(root, 'deploy', folder))
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .flatMap((name) =>
      parseAllDocuments(readFileSync(join(root, 'deploy', folder, name), 'utf8')).map((document) => ({
        file: `${folder}/${name}`,
        manifest: document.toJS() as Manifest,
      })),
    ),
);

/** The specs that have steps: of a Task or strategy itself, or in a Pipeline. */
function specsOf({ spec }: Manifest): readonly Spec[] {
  return [...(spec.steps === undefined ? [] : [spec]), ...(spec.tasks ?? []).flatMap(({ taskSpec }) => (taskSpec === undefined ? [] : [taskSpec]))];
}

/** A command line as Tekton fills it in: an array takes the place of the whole word. */
function filledIn({ command = [], args = [] }: Step, values: Readonly<Record<string, string | readonly string[]>>): readonly string[] {
  return [...command, ...args].flatMap((word) => {
    const [, list] = /^\$\(params\.([\w-]+)\[\*\]\)$/.exec(word) ?? [];
    if (list !== undefined) return values[list] ?? [];
    return [word.replace(/\$\((?:params|results|workspaces)\.([\w.-]+?)(?:\.path)?\)/g, (_all, name: string) => String(values[name] ?? name))];
  });
}

const valuesOf = ({ params, parameters }: Spec) =>
  Object.fromEntries((params ?? parameters ?? []).map((parameter) => [parameter.name, parameter.default ?? parameter.defaults ?? 'registry.example.com/app']));

describe('the manifests in deploy/', () => {
  it.each(manifests)('$file says which tspack it belongs to', ({ manifest }) => {
    expect(manifest.metadata.labels).toEqual({ 'app.kubernetes.io/name': 'tspack', 'app.kubernetes.io/version': version });
  });

  it.each(manifests)('$file runs every step confined, in the builder and without a shell', ({ manifest }) => {
    for (const { steps = [], stepTemplate = {} } of specsOf(manifest)) {
      for (const own of steps) {
        const step = { ...stepTemplate, ...own };
        expect(step).toMatchObject({
          image: '$(params.builder)',
          command: expect.any(Array) as string[],
          securityContext: {
            runAsNonRoot: true,
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
        });
        expect(step.script).toBeUndefined();
        expect(['sh', 'bash', '/bin/sh', '/bin/bash']).not.toContain(step.command?.[0]);
      }
    }
  });

  it.each(manifests)('$file says nothing to tspack that it does not know, by default and when all is given', async ({ manifest }) => {
    for (const spec of specsOf(manifest)) {
      const defaults = valuesOf(spec);
      const given = Object.fromEntries(
        (spec.params ?? spec.parameters ?? []).map(({ name, type }) => [
          name,
          type === 'array' ? ['a=1', 'b=2'] : (GIVEN[name] ?? String(defaults[name] || 'x')),
        ]),
      );
      for (const step of spec.steps ?? []) {
        if (step.command?.[0] !== 'tspack') continue;
        for (const values of [defaults, given]) {
          const [, ...argv] = filledIn(step, { ...values, 'shp-output-insecure': 'true' });
          const { code, stderr } = await runFake(argv, buildingLibrary());
          // Nothing else than the command line ends with 3 here.
          expect({ argv, code, stderr }).not.toMatchObject({ code: 3 });
        }
      }
    }
  });

  it('declare the results that tspack writes', () => {
    const written = Object.keys(tektonResults([parseImageReference('a/b')], parseDigest(`sha256:${'0'.repeat(64)}`)));
    const declared = manifests.filter(({ manifest }) => manifest.kind === 'Task').map(({ manifest }) => manifest.spec.results?.map(({ name }) => name) ?? []);
    expect(declared.filter((names) => names.length > 0).length).toBeGreaterThanOrEqual(3);
    for (const names of declared) expect(written).toEqual(expect.arrayContaining(names));
  });
});

/** What parameters of a certain form may be. */
const GIVEN: Readonly<Record<string, string>> = {
  platform: 'linux/amd64',
  'exec-env': 'test',
  'creation-time': 'now',
  'log-format': 'json',
  'clear-cache': 'true',
  force: 'true',
};
