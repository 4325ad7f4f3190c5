import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { operatorEnv, readBuilder } from '../../src/builder/index.ts';

const builder = (name: string) => readBuilder(join(import.meta.dirname, '../../builders', name));

describe('operatorEnv()', () => {
  it('tells buildpacks of a run image without a shell', () => {
    expect(operatorEnv(builder('tiny'))).toEqual({ TSPACK_RUN_IMAGE_SHELL: 'false' });
    expect(operatorEnv(builder('base'))).toEqual({});
  });
});
