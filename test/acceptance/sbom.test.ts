import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SBOM_FORMATS } from '../../src/sbom/index.ts';
import { findProgram, skipUnlessGiven, skipWithout } from '../support/requirement.ts';
import { hasSbomSchemas, sbomProblems } from '../support/sbom-schemas.ts';
import { lastLine, runTspack } from '../support/tspack-command.ts';
import type { SbomFormat } from '../../src/sbom/index.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-sbom-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const APPLICATIONS = process.env.TSPACK_TEST_APPS ?? '/nowhere';
/** One application of each language, small enough to be built each time. */
const SAMPLES: readonly (readonly [string, readonly string[]])[] = [
  ['node-express-pug', []],
  ['py-fastapi-bigger', []],
  ['go-chi-todos', ['--env', 'BP_GO_TARGETS=./_examples/todos-resource']],
  ['java-camel-boot', []],
];

interface Artifact {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly type: string;
  readonly locations: readonly { readonly path: string }[];
}
interface Document {
  readonly components: readonly { readonly name: string; readonly version: string; readonly purl?: string }[];
}

/** What two tools write alike of a package URL. */
const plain = (purl: string) => decodeURIComponent(purl.replace(/[?#].*$/u, '')).toLowerCase();

/** Everything by which a component of ours can be found: Debian packages by their source package too, which is what a note in a program names. */
function keysOf({ components }: Document): ReadonlySet<string> {
  const keys = components.flatMap(({ name, version, purl }) => {
    const source = /[?&]upstream=([^&]+)/u.exec(purl ?? '')?.[1];
    return [
      `${name} ${version}`.toLowerCase(),
      ...(purl === undefined ? [] : [plain(purl)]),
      ...(source === undefined ? [] : [`${decodeURIComponent(source)} ${version}`.toLowerCase()]),
    ];
  });
  return new Set(keys);
}

/** Not the package.json files that packages have among the fixtures of their own tests: they claim to be packages that nobody installed. */
const isInstalled = ({ type, locations }: Artifact) =>
  type !== 'npm' || locations.some(({ path }) => path === '/workspace/package.json' || /\/node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/u.test(path));

describe.skipIf(skipUnlessGiven('a checkout of applications (TSPACK_TEST_APPS)', existsSync(APPLICATIONS)))('the merged bill of materials', () => {
  describe.each(SAMPLES)('of %s', (name, words) => {
    const layout = join(place, name);
    const documents = new Map<SbomFormat, string>();

    beforeAll(async () => {
      const args = ['build', name, '--builder', 'base', '--path', join(APPLICATIONS, name), ...words, '--output', `oci:${layout}`];
      lastLine(await runTspack(args));
      lastLine(await runTspack(['sbom', 'download', `oci:${layout}`, '--merged', '--output-dir', `${layout}-sbom`]));
      for (const [format, { fileExtension }] of Object.entries(SBOM_FORMATS)) {
        documents.set(format as SbomFormat, readFileSync(join(`${layout}-sbom`, `sbom.${fileExtension}`), 'utf8'));
      }
    });

    it.skipIf(skipWithout('a folder of schemas (TSPACK_TEST_REFERENCE)', hasSbomSchemas()))("is valid by the formats' own schemas", () => {
      for (const [format, document] of documents) expect([format, ...sbomProblems(format, document)]).toEqual([format]);
    });

    it.skipIf(skipWithout('syft', findProgram('syft') !== undefined))('lacks nothing that a scanner finds in the image', () => {
      const scanned = execFileSync(findProgram('syft')!, ['scan', `oci-dir:${layout}`, '-o', 'syft-json', '-q'], { encoding: 'utf8', maxBuffer: 2 ** 28 });
      const { artifacts } = JSON.parse(scanned) as { readonly artifacts: readonly Artifact[] };
      const known = keysOf(JSON.parse(documents.get('cyclonedx')!) as Document);
      expect(artifacts.length).toBeGreaterThan(20);
      const missing = artifacts
        .filter(isInstalled)
        .filter((found) => !known.has(plain(found.purl)) && !known.has(`${found.name} ${found.version}`.toLowerCase()));
      expect(missing.map(({ purl }) => purl)).toEqual([]);
    });

    it('is made of the image alone: equal bytes for the image of the store', async () => {
      lastLine(await runTspack(['sbom', 'download', name, '--merged', '--output-dir', `${layout}-again`]));
      for (const [format, document] of documents) {
        expect(readFileSync(join(`${layout}-again`, `sbom.${SBOM_FORMATS[format].fileExtension}`), 'utf8') === document).toBe(true);
      }
    });
  });
});
