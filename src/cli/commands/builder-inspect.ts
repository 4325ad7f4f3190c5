import type { BuilderDescription } from '../../index.ts';
import { parseFormat } from '../options/format.ts';
import type { CommandFunction } from '../command.ts';
import { count, formatBytes, formatTable } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

interface InspectFlags {
  readonly remote?: boolean;
  readonly output: string;
  readonly insecureRegistry?: readonly string[];
}

/** `tspack builder inspect`. */
export const builderInspect: CommandFunction<[string], InspectFlags> = async ([name], flags, context) => {
  const format = parseFormat(flags.output);
  const location = { image: name, remote: flags.remote ?? false, insecureRegistries: flags.insecureRegistry ?? [] };
  const description = await withEvents(context, (library, task) => library.inspectBuilder(location, task));
  context.stdout.write(format === 'json' ? `${JSON.stringify(description, undefined, 2)}\n` : describeBuilder(description, context.display.verbose));
  return 0;
};

function describeBuilder(builder: BuilderDescription, verbose: boolean): string {
  const targets = builder.targets.map(({ os, architecture, variant }) => [os, architecture, variant].filter((part) => part !== undefined).join('/'));
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Builder:', builder.name],
    ['Found in:', builder.place],
    ['Image ID:', builder.imageId],
    ['Description:', builder.description],
    ['Created by:', builder.createdBy],
    ['Lifecycle:', builder.lifecycle],
    ['Run Image:', [builder.runImage, ...(builder.runImageMirrors ?? [])].join(', ')],
    ['Suite:', builder.suite],
    ['Targets:', targets.join(', ')],
    ['User:', userOf(builder)],
    ['Buildpack APIs:', builder.apis.buildpack.join(', ')],
    ['Platform APIs:', builder.apis.platform.join(', ')],
  ];
  const parts = [
    formatTable(facts.flatMap(([title, value]) => (value === undefined || value === '' ? [] : [[title, visible(value)]]))),
    `Buildpacks:\n${describeModules(builder.buildpacks)}`,
    ...(builder.extensions === undefined || builder.extensions.length === 0 ? [] : [`Extensions:\n${describeModules(builder.extensions)}`]),
    `Detection Order:\n${describeOrder(builder)}`,
    // Only of bundled builders is it known what they are made of.
    ...(builder.place === undefined ? describeAllPackages(builder, verbose) : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

function userOf({ user: { name, uid, gid } }: BuilderDescription): string {
  return name === undefined ? `${uid}:${gid}` : `${name} (${uid}:${gid})`;
}

function describeModules(modules: BuilderDescription['buildpacks']): string {
  if (modules.length === 0) return '  (none)';
  const rows = modules.map(({ id, name, version, homepage }) => [id, name ?? '-', version, homepage ?? '-'].map(visible));
  return formatTable([['ID', 'NAME', 'VERSION', 'HOMEPAGE'], ...rows], '  ');
}

/** pack's tree of numbered groups. */
function describeOrder({ order }: BuilderDescription): string {
  if (order.length === 0) return '  (none)';
  const lines = order.flatMap((group, index) => {
    const isLast = index === order.length - 1;
    const members = group.map(({ id, version, optional }, member) => {
      const branch = member === group.length - 1 ? '└' : '├';
      return ` ${isLast ? ' ' : '│'}   ${branch} ${visible(version === undefined ? id : `${id}@${version}`)}${optional ? '  (optional)' : ''}`;
    });
    return [` ${isLast ? '└' : '├'} Group #${index + 1}:`, ...members];
  });
  return lines.join('\n');
}

function describeAllPackages(builder: BuilderDescription, verbose: boolean): readonly string[] {
  return [
    describePackages('Run image packages', builder.runPackages, verbose),
    describePackages('Build image packages', builder.buildPackages, verbose),
    ...(verbose ? [] : ['(--verbose lists the packages)']),
  ];
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
