import { describe, expect, it } from 'vitest';
import { parseSimpleCommand } from '../../src/sdk/index.ts';

describe('parseSimpleCommand()', () => {
  it.each<[string, [string, string][], string[]]>([
    ['node server.js', [], ['node', 'server.js']],
    ['  node   "my server.js" --x=\'a b\' ', [], ['node', 'my server.js', '--x=a b']],
    [
      'NODE_ENV=production A="b c" node .',
      [
        ['NODE_ENV', 'production'],
        ['A', 'b c'],
      ],
      ['node', '.'],
    ],
    ['node x.js A=b', [], ['node', 'x.js', 'A=b']],
    ['node a\\ b', [], ['node', 'a b']],
    ['node "a\\"b"', [], ['node', 'a"b']],
    ['node ""', [], ['node', '']],
    ['"A"=b node', [], ['A=b', 'node']],
  ])('splits %j', (text, env, words) => {
    expect(parseSimpleCommand(text)).toEqual({ env, words });
  });

  it.each([
    'a && b',
    'a | b',
    'a; b',
    'a > f',
    'node $X',
    'node `x`',
    'node *.js',
    'node "$X"',
    "node 'x",
    'node "x',
    '(a)',
    'a &',
    'cd ~',
    '',
    'A=b',
    'node {a,b}',
    'a\nb',
    'x # y',
    'node \\',
  ])('leaves %j to a shell', (text) => {
    expect(parseSimpleCommand(text)).toBeUndefined();
  });
});
