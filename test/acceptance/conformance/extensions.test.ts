import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runScenario } from '../../support/conformance/compare.ts';
import type { RoundOutcome } from '../../support/conformance/outcome.ts';
import type { Scenario } from '../../support/conformance/scenario.ts';
import { referenceObstacle } from '../../support/reference-lifecycle.ts';
import { skipWithout } from '../../support/requirement.ts';

const obstacle = referenceObstacle();
const home = mkdtempSync(join(tmpdir(), 'tspack-extensions-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const provides = '[[provides]]\nname = "tool"\n';
const detect = `#!/bin/bash\ncat > "$2" <<'EOF'\n${provides}EOF\n`;
const recorded = `round=$(</record/round)\n{ printf '%s\\n' "$@"; pwd; tr '\\0' '\\n' < /proc/$$/environ | grep -v ^PWD= | LC_ALL=C sort; cat "$3"; } | sed "s|$3|<plan>|g; s|$1|<output>|g; s|$CNB_OUTPUT_DIR|<output>|g" > "/record/$round/generate $(basename $(dirname $(dirname $(dirname $0))))"\n`;
const generate = (script: string): string => `#!/bin/bash\n${recorded}${script}\n`;
const extendsImage = (kind: string): string => `cat > "$1/${kind}.Dockerfile" <<'EOF'\nARG base_image\nFROM \${base_image}\nUSER root\nRUN echo ${kind}\nEOF\n`;
const needs = `printf '[[requires]]\\nname = "tool"\\n[requires.metadata]\\nversion = "1"\\n' > "$2"`;

const CASES: Readonly<Record<string, Pick<Scenario, 'extensions' | 'orderExtensions'>>> = {
  'extends the build image': { extensions: [{ name: 'test/ext@1', files: { 'bin/detect': detect, 'bin/generate': generate(extendsImage('build')) } }] },
  'extends the run image': { extensions: [{ name: 'test/ext@1', files: { 'bin/detect': detect, 'bin/generate': generate(extendsImage('run')) } }] },
  'extends both, with arguments': {
    extensions: [
      {
        name: 'test/ext@1',
        files: {
          'bin/detect': detect,
          'bin/generate': generate(
            `${extendsImage('build')}${extendsImage('run')}printf '[[build.args]]\\nname = "a"\\nvalue = "b"\\n[[run.args]]\\nname = "c"\\nvalue = "d"\\n' > "$1/extend-config.toml"`,
          ),
        },
      },
    ],
  },
  'chooses another run image': {
    extensions: [{ name: 'test/ext@1', files: { 'bin/detect': detect, 'bin/generate': generate('echo "FROM other.example/run" > "$1/run.Dockerfile"') } }],
  },
  'chooses another run image and extends it': {
    extensions: [
      { name: 'test/ext@1', files: { 'bin/detect': detect, 'bin/generate': generate('printf "FROM other.example/run\\nRUN true\\n" > "$1/run.Dockerfile"') } },
    ],
  },
  'is replaced by the one after it': {
    orderExtensions: 'test/one@1 test/two@1',
    extensions: [
      { name: 'test/one@1', files: { 'bin/detect': detect, 'bin/generate': generate(extendsImage('run')) } },
      { name: 'test/two@1', files: { 'bin/detect': detect, 'bin/generate': generate('echo "FROM other.example/run" > "$1/run.Dockerfile"') } },
    ],
  },
  'writes nothing': { extensions: [{ name: 'test/ext@1', files: { 'bin/detect': detect, 'bin/generate': generate('') } }] },
  fails: { extensions: [{ name: 'test/ext@1', files: { 'bin/detect': detect, 'bin/generate': generate('exit 7') } }] },
  'has a malformed Dockerfile': {
    extensions: [{ name: 'test/ext@1', files: { 'bin/detect': detect, 'bin/generate': generate('echo "RUN true" > "$1/build.Dockerfile"') } }],
  },
  'writes two FROM': {
    extensions: [{ name: 'test/ext@1', files: { 'bin/detect': detect, 'bin/generate': generate('printf "FROM a\\nFROM b\\n" > "$1/run.Dockerfile"') } }],
  },
};

describe.skipIf(skipWithout(`what the conformance suite needs (${obstacle})`, obstacle === undefined))(
  'detection by both lifecycles, when an extension',
  () => {
    it.each(Object.keys(CASES))('%s', { timeout: 120_000 }, async (name) => {
      for (const platformApi of ['0.10', '0.12', '0.13', '0.15']) {
        const buildpacks = [{ name: 'test/bp@1', api: '0.10', detect: needs }];
        await using comparison = await runScenario(home, { platformApi, detectOnly: true, buildpacks, orderExtensions: 'test/ext@1', ...CASES[name] });
        const { reference, tspack } = comparison.rounds[0]!;
        expect(made(tspack), `Platform API ${platformApi}\n${reference.output}\n${tspack.output}`).toEqual(made(reference));
      }
    });
  },
);

/** What a detection that failed leaves behind says nothing. */
const made = ({ ends, records, group, plan, runImage, generated }: RoundOutcome) =>
  ends[0]?.exitCode === 0 ? { ends, records, group, plan, runImage, generated } : { ends, records };
