import { describe, expect, it } from 'vitest';
import { parseFlags } from '../../src/phases/parse-flags.ts';

const FLAGS = [
  { flag: 'app', kind: 'path' },
  { flag: 'daemon', kind: 'boolean' },
  { flag: 'uid', kind: 'integer' },
  { flag: 'tag', kind: 'list' },
  { flag: 'ttl', kind: 'milliseconds' },
] as const;

const parsed = (...args: readonly string[]) => {
  const result = parseFlags(args, FLAGS);
  return result.kind === 'parsed' ? { values: Object.fromEntries(result.values), positional: result.positional } : result;
};

describe('parseFlags()', () => {
  it.each([
    [['-app', 'x'], { app: 'x' }],
    [['--app=x=y'], { app: 'x=y' }],
    [['-app='], { app: '' }],
    [['-app', '-daemon'], { app: '-daemon' }],
    [['-daemon'], { daemon: true }],
    [['-daemon=F'], { daemon: false }],
    [['-uid', '0x10'], { uid: 16 }],
    [['-uid=-1'], { uid: -1 }],
    [['-tag', 'a', '-tag=b,c'], { tag: ['a', 'b,c'] }],
    [['-ttl', '1h30m'], { ttl: 5_400_000 }],
  ])('reads %j', (args, values) => {
    expect(parsed(...args)).toEqual({ values, positional: [] });
  });

  it('ends at the first argument that is no flag, and after two dashes', () => {
    expect(parsed('-daemon', 'image', '-uid', '1')).toEqual({ values: { daemon: true }, positional: ['image', '-uid', '1'] });
    expect(parsed('-daemon', 'false')).toEqual({ values: { daemon: true }, positional: ['false'] });
    expect(parsed('--', '-uid')).toEqual({ values: {}, positional: ['-uid'] });
    expect(parsed('-', '-uid')).toEqual({ values: {}, positional: ['-', '-uid'] });
  });

  it.each([
    [['-nope'], 'flag provided but not defined: -nope'],
    [['-app'], 'flag needs an argument: -app'],
    [['-uid', 'me'], 'invalid value "me" for flag -uid: parse error'],
    [['-uid', '99999999999999999999'], 'invalid value "99999999999999999999" for flag -uid: parse error'],
    [['-daemon=maybe'], 'invalid boolean value "maybe" for flag -daemon: parse error'],
    [['-ttl', '5'], 'invalid value "5" for flag -ttl: parse error'],
    [['---app'], 'bad flag syntax: ---app'],
    [['-=x'], 'bad flag syntax: -=x'],
  ])('refuses %j as Go does', (args, problem) => {
    expect(parsed(...args)).toEqual({ kind: 'wrong', problem });
  });

  it('knows a call for help', () => {
    expect(parsed('-h')).toEqual({ kind: 'help' });
    expect(parsed('--help')).toEqual({ kind: 'help' });
  });
});
