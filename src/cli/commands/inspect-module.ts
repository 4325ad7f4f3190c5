import type { InspectModuleOptions, ModuleDescription } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import { parseFormat } from '../options/format.ts';
import { formatTable } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { usageError } from '../usage-error.ts';
import { withEvents } from './task.ts';

interface InspectFlags {
  readonly output: string;
  readonly depth?: string;
  readonly insecureRegistry?: readonly string[];
}

type Group = ModuleDescription['order'][number];

/** `tspack buildpack inspect` and `tspack extension inspect`. */
export const inspectModule =
  (kind: InspectModuleOptions['kind']): CommandFunction<[string], InspectFlags> =>
  async ([uri], flags, context) => {
    const format = parseFormat(flags.output);
    const depth = parseDepth(flags.depth);
    const options = { kind, uri, workingDirectory: context.workingDirectory, insecureRegistries: flags.insecureRegistry ?? [] };
    const description = await withEvents(context, (library, task) => library.inspectModule(options, task));
    context.stdout.write(format === 'json' ? `${JSON.stringify(description, undefined, 2)}\n` : describe(description, kind, depth));
    return 0;
  };

/** Below 0, as with pack: everything. */
function parseDepth(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^-?\d{1,6}$/.test(text)) throw usageError(`Cannot read --depth "${text}": want a number`);
  return text.startsWith('-') ? Number.POSITIVE_INFINITY : Number(text);
}

function describe(module: ModuleDescription, kind: InspectModuleOptions['kind'], depth: number): string {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['ID', module.id],
    ['Version', module.version],
    ['Name', module.name],
    ['Description', module.description],
    ['Homepage', module.homepage],
    ['Keywords', module.keywords.length === 0 ? undefined : module.keywords.join(', ')],
    [
      'Licenses',
      module.licenses.length === 0
        ? undefined
        : module.licenses.map(({ type, uri }) => [type, uri].filter((part) => part !== undefined && part !== '').join(' ')).join(', '),
    ],
    ['Buildpack API', module.api],
    ['Found in', module.place],
    ['Targets', module.targets.length === 0 ? undefined : module.targets.map(targetText).join(', ')],
    ['Stacks', module.stacks.length === 0 ? undefined : module.stacks.map(({ id }) => id).join(', ')],
  ];
  const title = kind === 'buildpack' ? 'Buildpacks' : 'Extensions';
  const rows = module.modules.map(({ id, name, version, homepage }) => [id, name ?? '-', version, homepage ?? '-'].map(visible));
  return [
    `${formatTable(facts.flatMap(([label, value]) => (value === undefined ? [] : [[`${label}:`, visible(value)]])))}\n`,
    `\n${title}:\n${formatTable([['ID', 'NAME', 'VERSION', 'HOMEPAGE'], ...rows], '  ')}\n`,
    kind === 'extension' ? '' : `\nDetection Order:\n${orderLines(rootOrder(module), '', depth).join('\n')}\n`,
  ].join('');
}

function targetText({ os, arch, variant, distros }: ModuleDescription['targets'][number]): string {
  const machine = [os ?? '*', arch ?? '*', variant].filter((part) => part !== undefined).join('/');
  return [machine, ...distros.map(({ name, version }) => `${name}@${version}`)].join(' ');
}

/** As pack shows it: the buildpack itself is the first group. */
function rootOrder({ id, version, order }: ModuleDescription): readonly Group[] {
  return [{ group: [{ id, version, optional: false, cyclic: false, order }] }];
}

/** pack's tree of groups. */
function orderLines(order: readonly Group[], prefix: string, depth: number): readonly string[] {
  if (depth <= 0) return [];
  return order.flatMap(({ group }, index) => {
    const isLast = index === order.length - 1;
    const below = `${prefix}${isLast ? '   ' : ' │ '}`;
    return [
      `${prefix}${isLast ? ' └ ' : ' ├ '}Group #${index + 1}:`,
      ...group.flatMap((member, position) => {
        const isLastMember = position === group.length - 1;
        const notes = [member.optional ? '(optional)' : '', member.cyclic ? '[cyclic]' : ''].filter((note) => note !== '').join('');
        const line = `${below}${isLastMember ? ' └ ' : ' ├ '}${visible(`${member.id}@${member.version}`)}${notes === '' ? '' : `    ${notes}`}`;
        return [line, ...orderLines(member.order, `${below}${isLastMember ? '   ' : ' │ '}`, depth - 1)];
      }),
    ];
  });
}
