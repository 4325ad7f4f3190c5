import { nearestNames } from '../foundation/index.ts';
import { DockerfileError } from './dockerfile-error.ts';
import type { RawInstruction } from './instruction.ts';

export type FlagRules = Readonly<Record<string, 'text' | 'list' | 'switch'>>;

/** The flags of one instruction. */
export interface Flags {
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  isOn(name: string): boolean | undefined;
  texts(): Readonly<Record<string, string>>;
}

/** Takes `--name=value` words off the start of an instruction. Throws `DOCKERFILE_INVALID` for an unknown one. */
export function takeFlags(raw: Pick<RawInstruction, 'file' | 'line' | 'keyword' | 'text'>, rules: FlagRules): { readonly flags: Flags; readonly rest: string } {
  const found = new Map<string, string[]>();
  let rest = raw.text;
  for (let match = /^--(\S*)\s*/u.exec(rest); match !== null; match = /^--(\S*)\s*/u.exec(rest)) {
    rest = rest.slice(match[0].length);
    const flag = match[1] ?? '';
    // What follows is an argument, whatever it begins with.
    if (flag === '') break;
    const at = flag.indexOf('=');
    const name = at < 0 ? flag : flag.slice(0, at);
    found.set(name, [...(found.get(name) ?? []), checkFlag(raw, name, at < 0 ? undefined : flag.slice(at + 1), rules, found.has(name))]);
  }
  const text = (name: string) => found.get(name)?.[0];
  const flags: Flags = {
    text,
    list: (name) => found.get(name) ?? [],
    isOn: (name) => (text(name) === undefined ? undefined : text(name) === 'true'),
    texts: () => Object.fromEntries([...found].map(([name, [value = '']]) => [name, value])),
  };
  return { flags, rest };
}

function checkFlag(raw: Parameters<typeof takeFlags>[0], name: string, value: string | undefined, rules: FlagRules, isSecond: boolean): string {
  const kind = rules[name];
  if (kind === undefined) {
    const known = Object.keys(rules);
    const near = nearestNames(name, known)[0];
    throw new DockerfileError(raw, {
      problem: `${raw.keyword} has no flag "--${name}"`,
      nextStep: near === undefined ? (known.length === 0 ? 'Remove it' : `Use one of --${known.join(', --')}`) : `Write --${near}`,
    });
  }
  if (isSecond && kind !== 'list') throw new DockerfileError(raw, { problem: `"--${name}" stands there twice` });
  if (kind === 'switch') {
    if (value === undefined || value === 'true') return 'true';
    if (value === 'false') return 'false';
    throw new DockerfileError(raw, { problem: `"--${name}" is "${value}", want true or false` });
  }
  if (value === undefined || value === '') throw new DockerfileError(raw, { problem: `"--${name}" needs a value`, nextStep: `Write --${name}=...` });
  return value;
}
