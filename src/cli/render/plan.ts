import type { PlannedBuild, PlannedBuildpack, PlannedDownload, PlannedFetch, PlannedLayer, PlannedModule, PreviousImage, Provision } from '../../index.ts';
import { count, formatBytes, formatDuration, formatTable } from './measure.ts';
import { visible } from './untrusted.ts';

/** A plan for people. */
export function describePlan(plan: PlannedBuild): string {
  const { builder, runImage, previousImage } = plan;
  const heading = formatTable([
    ['Image:', [plan.image, ...plan.tags].map(visible).join(', ')],
    ['Source:', visible(plan.source)],
    ['Platform:', plan.platform],
    ['Builder:', visible(builder)],
    ['Run image:', `${visible(runImage.name)} (${visible(runImage.reference)})`],
    ['Last build:', describePrevious(previousImage)],
  ]);
  return [
    heading,
    section('Buildpacks', plan.modules.flatMap(moduleRows)),
    section('Build plan', plan.provisions.map(provisionRow)),
    ...plan.buildpacks.map(describeBuildpack),
    describeFetch(plan.fetch),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

function describePrevious(previous: PreviousImage | undefined): string {
  if (previous === undefined) return 'none: nothing can be used again';
  const { imageId, milliseconds } = previous;
  return milliseconds === undefined ? imageId : `${imageId}, which took ${formatDuration(milliseconds)}`;
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : `${title}:\n${formatTable(rows, '  ')}`;
}

/** What a buildpack printed may have several lines. */
function moduleRows(module: PlannedModule): readonly (readonly string[])[] {
  const [first = '', ...more] = module.evidence.split('\n').map((line) => visible(line).trim());
  return [[visible(module.id), visible(module.version), verdictOf(module), first], ...more.map((line) => ['', '', '', line])];
}

function verdictOf({ verdict, takesPart }: PlannedModule): string {
  if (takesPart) return 'takes part';
  return { pass: 'passes, but drops out', fail: 'does not fit', error: 'fails', skipped: 'is skipped' }[verdict];
}

function provisionRow({ name, providers, requires }: Provision): readonly string[] {
  const wishes = requires.flatMap(({ metadata }) => (metadata === undefined ? [] : [JSON.stringify(metadata)]));
  return [visible(name), `provided by ${providers.map(visible).join(', ')}`, visible(wishes.join(', '))];
}

const FILES = { cache: 'in the cache', image: 'in the last image', lost: 'lost' } as const;
const DECISIONS = { reused: 'used again', made: 'made anew', open: 'the build decides', dropped: 'not wanted any more' } as const;

function describeBuildpack({ id, version, told, end, provisional, choices, layers, output }: PlannedBuildpack): string {
  const doubt = provisional && told !== 'nothing' ? ', if buildpacks before it change nothing for it' : '';
  const ended = end === undefined ? [] : [`  ${end.layer === undefined ? '' : `${visible(end.layer)}: `}${visible(end.reason)}${ENDINGS[told]}`];
  return [
    `${visible(id)} ${visible(version)}${doubt}:`,
    ...choices.map((choice) => `  ${visible(choice.name)} ${visible(choice.version)}: ${visible(choice.reason)}`),
    ...(layers.length === 0 ? [] : [formatTable(layers.map(layerRow), '  ')]),
    ...ended,
    ...(told === 'failed' ? [output.replace(/^/gm, '    ').split('\n').map(visible).join('\n')] : []),
    ...(layers.length + choices.length + ended.length === 0 ? ['  makes no layer'] : []),
  ].join('\n');
}

const ENDINGS = { all: '', part: '; what comes next, only the build can tell', nothing: '', failed: ':' } as const;

function layerRow({ name, types, known, decision, reason, downloads }: PlannedLayer): readonly string[] {
  const kinds = types === undefined ? [] : (['build', 'launch', 'cache'] as const).filter((type) => types[type]);
  const what = reason === undefined ? DECISIONS[decision] : `${DECISIONS[decision]}: ${visible(reason)}`;
  return [visible(name), kinds.join(', '), known === undefined ? 'new' : FILES[known.files], what, sizeOf(downloads)];
}

function sizeOf(downloads: readonly PlannedDownload[]): string {
  const missing = downloads.filter(({ from }) => from === 'network');
  if (downloads.length === 0) return '';
  if (missing.length === 0) return 'its downloads are here';
  const known = missing.filter(({ sizeBytes }) => sizeBytes !== undefined);
  const bytes = known.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
  if (known.length === 0) return 'to fetch: size unknown';
  return `to fetch: ${known.length < missing.length ? 'more than ' : ''}${formatBytes(bytes)}`;
}

function describeFetch({ bytes, files, unknownSizes, complete }: PlannedFetch): string {
  if (complete) return 'To fetch: nothing';
  if (files === 0) return 'To fetch: nothing that is known yet';
  const unknown = unknownSizes === 0 ? '' : `, ${unknownSizes} of them of unknown size`;
  return `To fetch: at least ${formatBytes(bytes)} in ${count(files, 'file')}${unknown}`;
}
