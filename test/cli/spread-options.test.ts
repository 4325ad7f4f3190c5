import { describe, expect, it } from 'vitest';
import { buildingLibrary, runFake } from '../support/fake-library.ts';

/** What `tspack build` with these words asks the library for. */
async function ask(...words: readonly string[]) {
  const { asked, library } = buildingLibrary();
  const ended = await runFake(['build', ...words], { library });
  return { ended, options: asked[0] };
}

describe('an option that ends in three dots', () => {
  it('takes any number of values, up to the next option', async () => {
    const { options } = await ask('--env...', 'A=1', 'B=2 3', '--tag...', '--insecure-registry...', 'one:5000', 'two:5000', '--builder=base', 'myapp');
    expect(options).toMatchObject({ image: 'myapp', env: { A: '1', B: '2 3' }, insecureRegistries: ['one:5000', 'two:5000'], builder: 'base' });
    expect(options).not.toHaveProperty('tags');
  });

  it('takes no value for an empty one', async () => {
    const { options } = await ask('myapp', '--builder', 'base', '--run-image...', '', '--default-process...', 'worker');
    expect(options).toMatchObject({ image: 'myapp', defaultProcess: 'worker' });
    expect(options).not.toHaveProperty('runImage');
  });

  it.each([
    ['true', true],
    ['false', false],
  ])('sets what takes no value: %s', async (value, clearCache) => {
    expect((await ask('myapp', '--builder', 'base', '--clear-cache...', value)).options).toMatchObject({ clearCache });
  });

  it.each([
    [['myapp', '--enw...', 'A=1'], 'Unknown option "--enw'],
    [['myapp', '--clear-cache...', 'yes'], '--clear-cache'],
  ])('refuses %j', async (words, message) => {
    const { ended, options } = await ask(...words);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toContain(message);
    expect(options).toBeUndefined();
  });
});
