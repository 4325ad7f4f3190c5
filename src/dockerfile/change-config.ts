import { shellOf, withEnv } from './container-config.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { expand } from './variables.ts';
import type { DockerContainerConfig } from './container-config.ts';
import type { Lookup } from './expand.ts';
import type {
  ArgInstruction,
  CommandForm,
  CopyInstruction,
  HealthcheckInstruction,
  Instruction,
  MaintainerInstruction,
  RunInstruction,
  WorkdirInstruction,
} from './instruction.ts';

/** Instructions that change settings of the image and no files. */
export type ConfigInstruction = Exclude<Instruction, RunInstruction | CopyInstruction | WorkdirInstruction | ArgInstruction | MaintainerInstruction>;

const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const MAXIMUM_PORTS = 65_536;

/** The settings after an instruction. Throws `DOCKERFILE_INVALID`. */
export function changeConfig(config: DockerContainerConfig, instruction: ConfigInstruction, lookup: Lookup, escape: string): DockerContainerConfig {
  const value = (word: string) => expand(word, lookup, escape, instruction);
  switch (instruction.keyword) {
    case 'ENV':
      // All see the variables as they were before the instruction.
      return instruction.pairs
        .map(({ name, value: text }) => [value(name), value(text)] as const)
        .reduce((changed, [name, text]) => withEnv(changed, name, text), config);
    case 'LABEL':
      return { ...config, Labels: { ...config.Labels, ...Object.fromEntries(instruction.pairs.map(({ name, value: text }) => [value(name), value(text)])) } };
    case 'USER':
      return { ...config, User: value(instruction.value) };
    case 'STOPSIGNAL':
      return { ...config, StopSignal: value(instruction.value) };
    case 'EXPOSE':
      return {
        ...config,
        ExposedPorts: { ...config.ExposedPorts, ...Object.fromEntries(instruction.values.flatMap((word) => portsOf(value(word), instruction))) },
      };
    case 'VOLUME':
      return { ...config, Volumes: { ...config.Volumes, ...Object.fromEntries(instruction.values.map((word) => [value(word), {}])) } };
    case 'CMD':
      return { ...config, Cmd: commandLine(instruction.command, config) };
    case 'ENTRYPOINT':
      return { ...config, Entrypoint: commandLine(instruction.command, config) };
    case 'SHELL':
      return { ...config, Shell: instruction.arguments };
    case 'HEALTHCHECK':
      return { ...config, Healthcheck: healthcheckOf(instruction) };
    case 'ONBUILD':
      return { ...config, OnBuild: [...(config.OnBuild ?? []), instruction.trigger] };
  }
}

function commandLine(command: CommandForm, config: DockerContainerConfig): readonly string[] {
  if (command.form === 'exec') return command.arguments;
  return command.text === '' ? [] : [...shellOf(config), command.text];
}

/** `80`, `80/udp`, `8000-8010`. */
function portsOf(text: string, instruction: ConfigInstruction): readonly (readonly [string, object])[] {
  if (text.trim() === '') return [];
  return text
    .trim()
    .split(/\s+/u)
    .flatMap((word) => {
      const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/iu.exec(word);
      const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
      if (match === null || to < from || to >= MAXIMUM_PORTS)
        throw new DockerfileError(instruction, { problem: `"${word}" is no port: want 80, 80/udp or 8000-8010` });
      return Array.from({ length: to - from + 1 }, (_, index) => [`${from + index}/${(match[3] ?? 'tcp').toLowerCase()}`, {}] as const);
    });
}

function healthcheckOf(instruction: HealthcheckInstruction): NonNullable<DockerContainerConfig['Healthcheck']> {
  const { command, options } = instruction;
  if (command === undefined) return { Test: ['NONE'] };
  const duration = (name: string, member: string) => (options[name] === undefined ? {} : { [member]: nanoseconds(options[name], name, instruction) });
  const retries = Number(options['retries'] ?? '0');
  if (!Number.isInteger(retries) || retries < 0) throw new DockerfileError(instruction, { problem: `--retries is "${options['retries']!}", want a number` });
  return {
    Test: command.form === 'exec' ? ['CMD', ...command.arguments] : ['CMD-SHELL', command.text],
    ...duration('interval', 'Interval'),
    ...duration('timeout', 'Timeout'),
    ...duration('start-period', 'StartPeriod'),
    ...duration('start-interval', 'StartInterval'),
    ...(retries === 0 ? {} : { Retries: retries }),
  };
}

/** A duration as Go writes it: `1m30s`. */
function nanoseconds(text: string, name: string, instruction: HealthcheckInstruction): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/gu)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new DockerfileError(instruction, { problem: `--${name} is "${text}", want a duration such as 1m30s` });
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * NANOSECONDS[unit!]!, 0);
}
