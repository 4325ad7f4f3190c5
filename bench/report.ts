import { arch, cpus, release, totalmem } from 'node:os';
import { megabytes } from './scenarios.ts';
import { BUILDPACKS, LAYERS, MATCHING } from './order.ts';
import type { LayerExport } from './alone.ts';
import type { LifecycleResult } from './lifecycle.ts';
import type { Measurement } from './measure.ts';
import type { MemoryResult, ScenarioName, ScenarioResult } from './scenarios.ts';

export interface Results {
  readonly date: Date;
  readonly repetitions: number;
  /** Load averages of one minute, before and after: on a busy machine the times say little. */
  readonly load: { readonly before: number; readonly after: number };
  readonly versions: { readonly tspack: string; readonly docker: string };
  readonly scenarios: readonly ScenarioResult[];
  readonly lifecycle: LifecycleResult;
  readonly memory: readonly MemoryResult[];
  /** By application, in milliseconds. */
  readonly toolTimes: ReadonlyMap<string, number>;
  /** Applications whose build script runs again when a line changes. */
  readonly rebuilds: ReadonlySet<string>;
  readonly firstEver: Measurement;
  readonly gigabyte: { readonly local: Measurement; readonly registry: Measurement };
  readonly start: { readonly tspack: number; readonly node: number };
  readonly layerExport: LayerExport;
}

/** Most of what tspack may take, as a part of pack's time. */
const RATIO_TARGETS: Readonly<Partial<Record<ScenarioName, number>>> = { cold: 0.7, 'nothing changed': 1 / 20, 'one line changed': 1 / 12 };
const OWN_TIME_TARGETS: Readonly<Partial<Record<ScenarioName, number>>> = { 'nothing changed': 600, 'one line changed': 1000 };
const MEGABYTE = 1e6;

/** The results as a page of Markdown, with the targets beside them. */
export function renderReport(results: Results): string {
  const { scenarios, memory, firstEver, gigabyte, start, layerExport } = results;
  const cpu = cpus()[0]?.model.trim() ?? 'unknown';
  return `# Benchmarks

What \`npm run bench\` printed on ${results.date.toISOString().slice(0, 10)}: ${results.repetitions === 1 ? 'one run' : `medians of ${results.repetitions} runs`} of each tool in turn, on ${cpus().length} cores (${cpu}, ${arch()}), ${Math.round(totalmem() / 2 ** 30)} GiB of memory,
Linux ${release()}, Node ${process.version}; load average ${results.load.before.toFixed(1)} before and ${results.load.after.toFixed(1)} after. tspack ${results.versions.tspack}; pack 0.40.0 and lifecycle 0.21.0 on Docker ${results.versions.docker}. Both use the same buildpack, the same run image and the same build
image. pack's image goes to Docker, tspack's to its own store, unless a registry on this machine (\`--publish\`) or Docker is named. "Cold": the application was never built, the base image is unpacked.

## Builds

${table(
  ['Application', 'Case', 'To', 'pack', 'tspack', 'tspack / pack', 'Target', ''],
  scenarios.map(({ application, scenario, destination, pack, tspack }) => {
    const target = destination === 'local' ? RATIO_TARGETS[scenario] : undefined;
    return [
      application,
      scenario,
      destination === 'local' ? 'Docker, store' : 'registry',
      seconds(pack),
      seconds(tspack),
      ratio(tspack / pack),
      target === undefined ? '' : `≤ ${ratio(target)}`,
      verdict(tspack / pack, target),
    ];
  }),
)}

With the image loaded into Docker by tspack too (\`--output docker\`):

${table(
  ['Application', 'Case', 'pack', 'tspack', 'tspack / pack'],
  scenarios.flatMap(({ application, scenario, pack, tspackDocker }) =>
    tspackDocker === undefined ? [] : [[application, scenario, seconds(pack), seconds(tspackDocker), ratio(tspackDocker / pack)]],
  ),
)}

## Phases

From one "===> PHASE" to the next, in builds of one application in which nothing has changed, in turn.

${renderLifecycle(results.lifecycle)}

## tspack's own time

Wall clock less what the application's own tools need. In a cold build that is the building phase (the download of Node, \`npm ci\`, the build script) less the same phase when nothing changed; in the others no tool runs.

${table(
  ['Application', 'Case', 'Wall clock', 'Tools', 'Own', 'Target', ''],
  scenarios
    .filter(({ destination, scenario }) => destination === 'local' && scenario !== 'lockfile changed')
    .filter(({ application, scenario }) => scenario !== 'one line changed' || !results.rebuilds.has(application))
    .map(({ application, scenario, tspack }) => {
      const tools = scenario === 'cold' ? (results.toolTimes.get(application) ?? 0) : 0;
      const target = OWN_TIME_TARGETS[scenario];
      return [
        application,
        scenario,
        seconds(tspack),
        seconds(tools),
        seconds(tspack - tools),
        target === undefined ? '' : `≤ ${seconds(target)}`,
        verdict(tspack - tools, target),
      ];
    }),
)}

## Memory

Most resident memory: of tspack's own process, and of the whole tree with buildpacks and tools (for pack with dockerd, containerd and containers; shared pages count in each process).

${table(
  ['Application', 'Case', 'pack, tree', 'tspack, tree', 'tspack, own process', 'Target', ''],
  [
    ...memory.map(({ application, scenario, pack, tspack }) => memoryRow(application, scenario, pack.treeBytes, tspack, 250)),
    memoryRow('with a file of 1 GiB', 'cold', undefined, gigabyte.local.memory!, 250),
    memoryRow('with a file of 1 GiB', '--publish', undefined, gigabyte.registry.memory!, 250),
    memoryRow('first build on a machine', 'base image assembled', undefined, firstEver.memory!, 600),
  ],
)}

## Alone

${table(
  ['What', 'tspack', 'Beside', 'Target', ''],
  [
    ['First build on a machine, downloads included', seconds(firstEver.milliseconds), '', '≤ 90 s', verdict(firstEver.milliseconds, 90_000)],
    [
      'Start of the command (`tspack --version`)',
      `${start.tspack.toFixed(0)} ms`,
      `\`node -e 0\` ${start.node.toFixed(0)} ms`,
      '≤ 1.5 times',
      verdict(start.tspack / start.node, 1.5),
    ],
    [
      `Layer of ${layerExport.entries} entries, ${megabytes(layerExport.sizeBytes)} MB: walk, tar, digest`,
      seconds(layerExport.digestOnly),
      `\`tar -c \\| openssl dgst -sha256\` ${seconds(layerExport.pipeline)}`,
      'as fast',
      verdict(layerExport.digestOnly / layerExport.pipeline, 1.1),
    ],
    ['The same, written to the store', seconds(layerExport.written), '', '', ''],
    ['Build with a file of 1 GiB', seconds(gigabyte.local.milliseconds), '', '', ''],
    ['Its `--publish` (compression and push)', seconds(gigabyte.registry.milliseconds), '', '', ''],
  ],
)}
`;
}

/** The phases whose share of pack's time is a target. */
export function renderLifecycle(result: LifecycleResult): string {
  const rows = (what: string, phase: 'detect' | 'export', target: number) =>
    (['pack', 'creator'] as const).map((who) => {
      const [theirs, ours] = [result[who][phase], result.tspack[phase]];
      const how = who === 'pack' ? 'a container for each phase (default)' : 'one container for all (`--trust-builder --trust-extra-buildpacks`)';
      return [what, how, seconds(theirs), seconds(ours), ratio(ours / theirs), `≤ ${ratio(target)}`, verdict(ours / theirs, target)];
    });
  return table(
    ['Phases', 'pack with', 'pack', 'tspack', 'tspack / pack', 'Target', ''],
    [
      ...rows(`Detection: ${BUILDPACKS} buildpacks, ${MATCHING} of them take part`, 'detect', 1 / 5),
      ...rows(`Analyze, restore and export: ${LAYERS} cached layers of 1 MB`, 'export', 1 / 10),
    ],
  );
}

function memoryRow(
  name: string,
  scenario: string,
  packBytes: number | undefined,
  tspack: { readonly processBytes: number; readonly treeBytes: number },
  targetMegabytes: number,
): readonly string[] {
  const own = tspack.processBytes;
  return [
    name,
    scenario,
    packBytes === undefined ? '' : `${megabytes(packBytes)} MB`,
    `${megabytes(tspack.treeBytes)} MB`,
    `${megabytes(own)} MB`,
    `≤ ${targetMegabytes} MB`,
    verdict(own, targetMegabytes * MEGABYTE),
  ];
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function verdict(value: number, target: number | undefined): string {
  return target === undefined ? '' : value <= target ? 'met' : '**missed**';
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function ratio(value: number): string {
  return value > 0.2 ? value.toFixed(2) : `1/${Math.round(1 / value)}`;
}
