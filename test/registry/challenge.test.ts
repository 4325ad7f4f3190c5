import { describe, expect, it } from 'vitest';
import { parseChallenge } from '../../src/registry/challenge.ts';

describe('parseChallenge()', () => {
  it('reads the parameters of a Bearer challenge, quoted commas and escapes included', () => {
    expect(parseChallenge(['Bearer realm="https://auth.example/token",service="a \\"b\\", c",scope="repository:x:pull,push",error="invalid_token"'])).toEqual({
      scheme: 'bearer',
      realm: 'https://auth.example/token',
      service: 'a "b", c',
      scope: 'repository:x:pull,push',
      error: 'invalid_token',
    });
  });

  it('prefers Bearer to Basic, in one field or in two', () => {
    for (const fields of [['Basic realm="a, b", Bearer realm="https://t.example"'], ['Basic realm="a"', 'bearer realm=https://t.example']]) {
      expect(parseChallenge(fields)).toMatchObject({ scheme: 'bearer', realm: 'https://t.example' });
    }
    expect(parseChallenge(['Negotiate, BASIC realm="x"'])).toEqual({ scheme: 'basic' });
  });

  it('knows nothing else', () => {
    for (const fields of [[], [''], ['Negotiate abc=='], ['Bearer'], ['"', '=,=,']]) expect(parseChallenge(fields)).toBeUndefined();
  });
});
