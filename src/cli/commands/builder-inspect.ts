import type { BuilderDescription } from '../../index.ts';
import { parseFormat } from '../options/format.ts';
import type { CommandFunction } from '../command.ts';
import { count, formatBytes, formatTable } from '../render/measure.ts';

/** `tspack builder inspect`. */
export const builderInspect: CommandFunction<[string], { readonly output: string }> = async ([name], flags, context) => {
  const format = parseFormat(flags.output);
  const library = await context.openLibrary();
  const description = library.inspectBuilder(name);
  context.stdout.write(format === 'json' ? `${JSON.stringify(description, undefined, 2)}\n` : describeBuilder(description, context.display.verbose));
  return 0;
};

function describeBuilder(builder: BuilderDescription, verbose: boolean): string {
  const targets = builder.targets.map(({ os, architecture, variant }) => [os, architecture, variant].filter((part) => part !== undefined).join('/'));
  const facts = [
    ['Builder:', builder.name],
    ['Description:', builder.description],
    ['Run Image:', builder.runImage],
    ['Suite:', builder.suite],
    ['Targets:', targets.join(', ')],
    ['User:', `${builder.user.name} (${builder.user.uid}:${builder.user.gid})`],
    ['Buildpack APIs:', builder.apis.buildpack.join(', ')],
    ['Platform APIs:', builder.apis.platform.join(', ')],
  ];
  const buildpacks = builder.buildpacks.map(({ id, name, version, homepage }) => [id, name ?? '-', version, homepage ?? '-']);
  return [
    formatTable(facts),
    `\n\nBuildpacks:\n${buildpacks.length === 0 ? '  (none)' : formatTable([['ID', 'NAME', 'VERSION', 'HOMEPAGE'], ...buildpacks], '  ')}`,
    `\n\nDetection Order:\n${describeOrder(builder)}`,
    `\n\n${describePackages('Run image packages', builder.runPackages, verbose)}`,
    `\n\n${describePackages('Build image packages', builder.buildPackages, verbose)}`,
    verbose ? '\n' : '\n\n(--verbose lists the packages)\n',
  ].join('');
}

/** pack's tree of numbered groups. */
function describeOrder({ order }: BuilderDescription): string {
  if (order.length === 0) return '  (none)';
  const lines = order.flatMap((group, index) => {
    const isLast = index === order.length - 1;
    const members = group.map(({ id, version, optional }, member) => {
      const branch = member === group.length - 1 ? '└' : '├';
      return ` ${isLast ? ' ' : '│'}   ${branch} ${id}@${version}${optional ? '  (optional)' : ''}`;
    });
    return [` ${isLast ? '└' : '├'} Group #${index + 1}:`, ...members];
  });
  return lines.join('\n');
}

function describePackages(title: string, packages: BuilderDescription['runPackages'], verbose: boolean): string {
  const bytes = packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const heading = `${title}: ${count(packages.length, 'package')}, ${formatBytes(bytes)} to download`;
  return verbose && packages.length > 0
    ? `${heading}\n${formatTable(
        packages.map(({ name, version, sizeBytes }) => [name, version, formatBytes(sizeBytes)]),
        '  ',
      )}`
    : heading;
}
