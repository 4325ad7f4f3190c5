import type { PlannedBuild, PlannedLayer, PlannedModule, Provision } from '../../index.ts';
import { formatTable } from './measure.ts';
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
    ['Last build:', previousImage?.imageId ?? 'none: nothing can be used again'],
  ]);
  return [
    heading,
    section('Buildpacks', plan.modules.flatMap(moduleRows)),
    section('Build plan', plan.provisions.map(provisionRow)),
    section('Layers of the last build', plan.layers.map(layerRow)),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
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

function layerRow({ buildpack, name, files, inputs, ...types }: PlannedLayer): readonly string[] {
  const kinds = (['build', 'launch', 'cache'] as const).filter((type) => types[type]);
  const made = Object.keys(inputs).map(visible).join(', ');
  return [visible(`${buildpack}:${name}`), kinds.join(', '), FILES[files], made === '' ? '' : `made from ${made}`];
}
