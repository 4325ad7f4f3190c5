import { DockerfileError } from './dockerfile-error.ts';
import { takeFlags } from './flags.ts';
import { equalsIndex, jsonStrings, splitWords } from './words.ts';
import type { FlagRules } from './flags.ts';
import type {
  CommandForm,
  CopyInstruction,
  FromInstruction,
  HealthcheckInstruction,
  RawInstruction,
  Instruction,
  RawPair,
  RunInstruction,
  RunMount,
} from './instruction.ts';

type Located = Pick<Instruction, 'file' | 'line' | 'source'>;

/** What may follow each keyword as a flag: `text` takes a value, `list` several times, `switch` true or false. */
const FLAGS: Readonly<Record<string, FlagRules>> = {
  FROM: { platform: 'text' },
  RUN: { mount: 'list', network: 'text', security: 'text', device: 'list' },
  COPY: { from: 'text', chown: 'text', chmod: 'text', link: 'switch', parents: 'switch', exclude: 'list' },
  ADD: { chown: 'text', chmod: 'text', link: 'switch', checksum: 'text', 'keep-git-dir': 'switch', unpack: 'switch', exclude: 'list' },
  HEALTHCHECK: { interval: 'text', timeout: 'text', 'start-period': 'text', 'start-interval': 'text', retries: 'text' },
};

export const KEYWORDS: readonly string[] = [
  ...['ADD', 'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL', 'MAINTAINER', 'ONBUILD'],
  ...['RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR'],
];

/** `FROM [--platform=...] image [AS name]`. */
export function parseFrom(raw: RawInstruction): FromInstruction {
  const { flags, rest } = takeFlags(raw, FLAGS['FROM']!);
  const words = wordsOf(raw, rest);
  const [image, as, name] = words;
  if (image === undefined || (words.length !== 1 && (words.length !== 3 || as?.toUpperCase() !== 'AS'))) {
    throw new DockerfileError(raw, { problem: `FROM takes an image and perhaps "AS name", not "${rest}"` });
  }
  if (name !== undefined && !/^[a-z][a-z0-9._-]*$/iu.test(name)) {
    throw new DockerfileError(raw, { problem: `"${name}" cannot name a stage: want a letter, then letters, digits, ".", "_" and "-"` });
  }
  const platform = flags.text('platform');
  return {
    ...located(raw),
    keyword: 'FROM',
    image,
    ...(name === undefined ? {} : { name: name.toLowerCase() }),
    ...(platform === undefined ? {} : { platform }),
  };
}

/** Any other instruction of a stage. Throws `DOCKERFILE_INVALID`, `DOCKERFILE_UNSUPPORTED`. */
export function parseInstruction(raw: RawInstruction): Instruction {
  if (raw.text === '' && raw.keyword !== 'CMD' && raw.keyword !== 'ENTRYPOINT') throw new DockerfileError(raw, { problem: `${raw.keyword} needs an argument` });
  const { text } = raw;
  const place = located(raw);
  switch (raw.keyword) {
    case 'RUN':
      return parseRun(raw);
    case 'COPY':
    case 'ADD':
      return parseCopy(raw, raw.keyword);
    case 'ARG':
      return { ...place, keyword: 'ARG', arguments: wordsOf(raw, text).map((word) => parseArgument(raw, word)) };
    case 'ENV':
    case 'LABEL':
      return { ...place, keyword: raw.keyword, pairs: parsePairs(raw) };
    case 'USER':
    case 'STOPSIGNAL':
      if (wordsOf(raw, text).length !== 1) throw new DockerfileError(raw, { problem: `${raw.keyword} takes one argument, not "${text}"` });
      return { ...place, keyword: raw.keyword, value: text };
    case 'WORKDIR':
    case 'MAINTAINER':
      return { ...place, keyword: raw.keyword, value: text };
    case 'EXPOSE':
      return { ...place, keyword: 'EXPOSE', values: wordsOf(raw, text) };
    case 'VOLUME':
      return { ...place, keyword: 'VOLUME', values: jsonStrings(text) ?? wordsOf(raw, text) };
    case 'CMD':
    case 'ENTRYPOINT':
      return { ...place, keyword: raw.keyword, command: commandOf(text) };
    case 'SHELL': {
      const command = jsonStrings(text);
      if (command === undefined || command.length === 0) {
        throw new DockerfileError(raw, { problem: 'SHELL takes a JSON array', nextStep: 'Write it as SHELL ["/bin/bash", "-c"]' });
      }
      return { ...place, keyword: 'SHELL', arguments: command };
    }
    case 'HEALTHCHECK':
      return parseHealthcheck(raw);
    default:
      return parseOnbuild(raw);
  }
}

function parseRun(raw: RawInstruction): RunInstruction {
  const { flags, rest } = takeFlags(raw, FLAGS['RUN']!);
  const network = flags.text('network') ?? 'default';
  if (network !== 'default' && network !== 'none' && network !== 'host') {
    throw new DockerfileError(raw, { problem: `--network is "${network}", want default, none or host` });
  }
  if (rest === '' && raw.heredocs.length === 0) throw new DockerfileError(raw, { problem: 'RUN needs a command' });
  return {
    ...located(raw),
    keyword: 'RUN',
    command: commandOf(rest),
    heredocs: raw.heredocs,
    mounts: flags.list('mount').map((mount) => parseMount(raw, mount)),
    network,
    security: flags.text('security') ?? 'sandbox',
    devices: flags.list('device'),
  };
}

/** `type=cache,target=/x,ro`: a key without a value is true. */
function parseMount(raw: RawInstruction, text: string): RunMount {
  const mount = Object.fromEntries(
    text.split(',').map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [part.toLowerCase(), 'true'] : [part.slice(0, at).toLowerCase(), part.slice(at + 1)];
    }),
  );
  if ('' in mount) throw new DockerfileError(raw, { problem: `--mount is "${text}", want key=value pairs between commas` });
  return mount;
}

function parseCopy(raw: RawInstruction, keyword: 'COPY' | 'ADD'): CopyInstruction {
  const { flags, rest } = takeFlags(raw, FLAGS[keyword]!);
  const words = jsonStrings(rest) ?? wordsOf(raw, rest);
  const destination = words.at(-1);
  const isHeredoc = (word: string) => raw.heredocs.length > 0 && /^\d*<</u.test(word);
  if (destination === undefined || words.length < 2 || isHeredoc(destination)) {
    throw new DockerfileError(raw, { problem: `${keyword} needs at least one source and a destination` });
  }
  const optional = { from: flags.text('from'), chown: flags.text('chown'), chmod: flags.text('chmod'), checksum: flags.text('checksum') };
  const unpack = flags.isOn('unpack');
  return {
    ...located(raw),
    keyword,
    sources: words.slice(0, -1).filter((word) => !isHeredoc(word)),
    heredocs: raw.heredocs,
    destination,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<CopyInstruction>),
    exclude: flags.list('exclude'),
    link: flags.isOn('link') ?? false,
    parents: flags.isOn('parents') ?? false,
    ...(unpack === undefined ? {} : { unpack }),
  };
}

function parseArgument(raw: RawInstruction, word: string): { readonly name: string; readonly value?: string } {
  const at = equalsIndex(word, raw.escape);
  const name = at < 0 ? word : word.slice(0, at);
  if (name === '') throw new DockerfileError(raw, { problem: `ARG has no name in "${word}"` });
  return at < 0 ? { name } : { name, value: word.slice(at + 1) };
}

/** `a=b "c d"=e`, or the old form `name the rest`. */
function parsePairs(raw: RawInstruction): readonly RawPair[] {
  const words = wordsOf(raw, raw.text);
  const first = words[0] ?? '';
  if (equalsIndex(first, raw.escape) < 0) {
    const value = raw.text.slice(first.length).trim();
    if (value === '') throw new DockerfileError(raw, { problem: `${raw.keyword} gives "${first}" no value`, nextStep: `Write ${raw.keyword} ${first}=value` });
    return [{ name: first, value }];
  }
  return words.map((word) => {
    const at = equalsIndex(word, raw.escape);
    if (at > 0) return { name: word.slice(0, at), value: word.slice(at + 1) };
    throw new DockerfileError(raw, { problem: `${raw.keyword} takes name=value, not "${word}"`, nextStep: 'Put a value that holds blanks in quotes' });
  });
}

function parseHealthcheck(raw: RawInstruction): HealthcheckInstruction {
  const { flags, rest } = takeFlags(raw, FLAGS['HEALTHCHECK']!);
  const [type = ''] = rest.split(/\s/u);
  const place = located(raw);
  if (rest.toUpperCase() === 'NONE') return { ...place, keyword: 'HEALTHCHECK', command: undefined, options: {} };
  const command = rest.slice(type.length).trim();
  if (type.toUpperCase() !== 'CMD' || command === '')
    throw new DockerfileError(raw, { problem: `HEALTHCHECK takes NONE or CMD with a command, not "${rest}"` });
  return { ...place, keyword: 'HEALTHCHECK', command: commandOf(command), options: flags.texts() };
}

function parseOnbuild(raw: RawInstruction): Instruction {
  const [word = ''] = raw.text.split(/\s/u);
  const inner = word.toUpperCase();
  if (inner === 'ONBUILD' || inner === 'FROM' || inner === 'MAINTAINER') throw new DockerfileError(raw, { problem: `ONBUILD cannot hold ${inner}` });
  if (!KEYWORDS.includes(inner)) throw new DockerfileError(raw, { problem: `"${inner}" is no instruction` });
  if (raw.heredocs.length > 0) throw new DockerfileError(raw, { code: 'DOCKERFILE_UNSUPPORTED', problem: 'here-documents in ONBUILD are not supported' });
  // Checked now, not only when another image is built on this one.
  parseInstruction({ ...raw, keyword: inner, text: raw.text.slice(word.length).trim() });
  return { ...located(raw), keyword: 'ONBUILD', trigger: raw.text };
}

function commandOf(text: string): CommandForm {
  const command = jsonStrings(text);
  return command === undefined ? { form: 'shell', text } : { form: 'exec', arguments: command };
}

function wordsOf(raw: RawInstruction, text: string): readonly string[] {
  const words = splitWords(text, raw.escape);
  if (words !== undefined) return words;
  throw new DockerfileError(raw, { problem: `a quote is not closed in "${text}"` });
}

function located({ file, line, keyword, text }: RawInstruction): Located {
  return { file, line, source: text === '' ? keyword : `${keyword} ${text}` };
}
