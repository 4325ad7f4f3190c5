import type { RoundOutcome } from './outcome.ts';
import type { Scenario } from './scenario.ts';

/** Something that tspack does otherwise than the reference lifecycle, on purpose. Decision note 0020 has the reasons at length. */
export interface Difference {
  readonly name: string;
  readonly reason: string;
  readonly scenario: Scenario;
  /** What differs in the last build. */
  readonly look: (outcome: RoundOutcome) => unknown;
  readonly reference: unknown;
  readonly tspack: unknown;
}

const ids = ({ group }: RoundOutcome): unknown => (group as { readonly group?: readonly { readonly id: string }[] } | undefined)?.group?.map(({ id }) => id);
const end = ({ ends }: RoundOutcome): unknown => ends.at(-1);

export const DIFFERENCES: readonly Difference[] = [
  {
    name: 'operator-env-below-0.11',
    reason: 'The specification has `<build-config>` from Platform API 0.11 on; the reference reads it at every version',
    scenario: { platformApi: '0.10', buildpacks: [{ name: 'test/a@1', api: '0.10' }], files: { 'cnb/build-config/env/OPERATOR': 'op' } },
    look: ({ records }) => records['build test_a@1']?.includes('\nOPERATOR=op\n'),
    reference: true,
    tspack: false,
  },
  {
    name: 'optional-buildpack-of-another-target',
    reason: 'A buildpack that is not for the target is never run; the reference runs an optional one',
    scenario: {
      platformApi: '0.14',
      detectOnly: true,
      order: 'test/other@1? test/main@1',
      buildpacks: [
        { name: 'test/other@1', api: '0.10', toml: '[[targets]]\nos = "linux"\narch = "riscv64"' },
        { name: 'test/main@1', api: '0.10' },
      ],
    },
    look: (outcome) => [Object.keys(outcome.records).sort(), ids(outcome)],
    reference: [
      ['detect test_main@1', 'detect test_other@1'],
      ['test/other', 'test/main'],
    ],
    tspack: [['detect test_main@1'], ['test/main']],
  },
  {
    name: 'optional-system-buildpack',
    reason: 'system.toml has `optional`; the reference makes every system buildpack required',
    scenario: {
      platformApi: '0.15',
      detectOnly: true,
      order: 'test/main@1',
      system: '[[system.pre.buildpacks]]\nid = "test/pre"\nversion = "1"\noptional = true\n',
      buildpacks: [
        { name: 'test/pre@1', api: '0.10', detect: 'exit 100' },
        { name: 'test/main@1', api: '0.10' },
      ],
    },
    look: end,
    reference: { phase: 'detect', exitCode: 20 },
    tspack: { phase: 'detect', exitCode: 0 },
  },
  {
    name: 'exec-env-as-tables',
    reason: 'The specification shows `[[buildpack.exec-env]] name =`; the reference reads `exec-env = []` alone, and tspack both',
    scenario: {
      platformApi: '0.15',
      detectOnly: true,
      order: 'test/tables@1 test/main@1',
      buildpacks: [
        { name: 'test/tables@1', api: '0.12', toml: '[[buildpack.exec-env]]\nname = "test"' },
        { name: 'test/main@1', api: '0.12' },
      ],
    },
    look: ids,
    reference: undefined,
    tspack: ['test/main'],
  },
  {
    name: 'error-inside-an-optional-composite',
    reason: 'Detection ends with 21 when any group failed with an error; the reference forgets errors of an optional composite',
    scenario: {
      platformApi: '0.14',
      detectOnly: true,
      order: 'test/composite@1? test/fails@1',
      buildpacks: [
        { name: 'test/errs@1', api: '0.10', detect: 'exit 1' },
        { name: 'test/fails@1', api: '0.10', detect: 'exit 100' },
        { name: 'test/composite@1', api: '0.10', toml: '[[order]]\n[[order.group]]\nid = "test/errs"\nversion = "1"\n' },
      ],
    },
    look: end,
    reference: { phase: 'detect', exitCode: 20 },
    tspack: { phase: 'detect', exitCode: 21 },
  },
  {
    name: 'missing-buildpack',
    reason: 'A buildpack of the order that is not there is an error of detection (22); the reference ends with the generic 1',
    scenario: { platformApi: '0.14', detectOnly: true, order: 'test/none@1', buildpacks: [{ name: 'test/a@1', api: '0.10' }] },
    look: end,
    reference: { phase: 'detect', exitCode: 1 },
    tspack: { phase: 'detect', exitCode: 22 },
  },
  {
    name: 'sbom-of-lost-layer',
    reason: 'The table of layer types gives nothing back of a layer that is build and launch without cache; the reference restores its SBOM file',
    scenario: {
      platformApi: '0.14',
      rounds: 2,
      buildpacks: [
        {
          name: 'test/a@1',
          api: '0.10',
          info: 'sbom-formats = ["application/vnd.cyclonedx+json"]',
          build: `[ $round != 1 ] || for layer in lost kept; do mkdir "$1/$layer"; echo {} > "$1/$layer.sbom.cdx.json"; printf '[types]\\nlaunch = true\\nbuild = true\\n' > "$1/$layer.toml"; done
echo 'cache = true' >> "$1/kept.toml"`,
        },
      ],
    },
    look: ({ restored }) => Object.keys(restored).filter((path) => path.includes('.sbom.')),
    reference: ['test_a/kept.sbom.cdx.json', 'test_a/lost.sbom.cdx.json'],
    tspack: ['test_a/kept.sbom.cdx.json'],
  },
  {
    name: 'restored-integers',
    reason: 'Metadata passes through JSON, where the reference makes floats of all numbers; tspack keeps integers',
    scenario: {
      platformApi: '0.14',
      rounds: 2,
      buildpacks: [
        {
          name: 'test/a@1',
          api: '0.10',
          build:
            'grep n "$1/l.toml" > /record/$round/metadata; mkdir "$1/l"; printf "[types]\\nlaunch = true\\ncache = true\\n[metadata]\\nn = 3\\n" > "$1/l.toml"',
        },
      ],
    },
    look: ({ records }) => records['metadata']?.trim(),
    reference: 'n = 3.0',
    tspack: 'n = 3',
  },
  {
    name: 'local-dates-of-a-plan',
    reason: 'Dates without an offset become strings in the metadata that a buildpack requires with: JavaScript has no such dates',
    scenario: {
      platformApi: '0.14',
      buildpacks: [
        {
          name: 'test/a@1',
          api: '0.10',
          detect: `printf '[[provides]]\\nname = "x"\\n[[requires]]\\nname = "x"\\nmetadata = { day = 1979-05-27 }\\n' > "$2"`,
        },
      ],
    },
    look: ({ records }) => /day = .*/.exec(records['build test_a@1'] ?? '')?.[0],
    reference: 'day = 1979-05-27',
    tspack: 'day = "1979-05-27"',
  },
  {
    name: 'layers-with-reserved-names',
    reason: 'No layer may be called launch; the reference takes a `launch.toml` with `[types]` for one',
    scenario: {
      platformApi: '0.14',
      buildpacks: [{ name: 'test/a@1', api: '0.10', build: 'mkdir "$1/launch"; printf "[types]\\nlaunch = true\\n" > "$1/launch.toml"' }],
    },
    look: ({ image }) => image?.config.config?.Labels?.['io.buildpacks.lifecycle.metadata']?.includes('"layers":{"launch":'),
    reference: true,
    tspack: false,
  },
  {
    name: 'numbers-that-no-label-holds',
    reason: 'A number that JSON does not have is refused where it is read, as an error of the build; the reference fails when it writes the label',
    scenario: {
      platformApi: '0.14',
      buildpacks: [{ name: 'test/a@1', api: '0.10', build: 'mkdir "$1/l"; printf "[types]\\nlaunch = true\\n[metadata]\\nn = nan\\n" > "$1/l.toml"' }],
    },
    look: end,
    reference: { phase: 'export', exitCode: 62 },
    tspack: { phase: 'build', exitCode: 52 },
  },
];
