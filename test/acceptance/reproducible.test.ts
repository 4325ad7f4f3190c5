import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/foundation/index.ts';
import { installPackage } from '../support/installed-package.ts';
import { findProgram, skipWithout } from '../support/requirement.ts';
import { imageIdOf, lastLine, runTspack } from '../support/tspack-command.ts';
import type { CommandOptions } from '../support/tspack-command.ts';

const SAMPLE = join(packageRoot(), 'samples/nodejs');
const NOBODY = 65534;
const canSwitchUser = process.getuid?.() === 0 && findProgram('setpriv') !== undefined;

/** A command that sets the umask, then becomes what follows. */
const umask = (mask: string) => ['sh', '-c', `umask ${mask}; exec "$@"`, 'sh'];

describe('two builds of samples/nodejs', () => {
  const place = mkdtempSync(join(tmpdir(), 'tspack-reproducible-'));
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  /** Builds a copy of the sample; the name, which decides about caches, is new each time. */
  async function build(copy: string, image: string, options: CommandOptions): Promise<{ readonly imageId: string; readonly digest: string }> {
    const output = join(place, `${image}.oci`);
    const ended = await runTspack(['build', image, '--path', copy, '--builder', 'base', '--output', `oci:${output}`], options);
    return { digest: lastLine(ended).split('@')[1] ?? 'none', imageId: imageIdOf(ended) };
  }

  it('on two paths, under two umasks, as two users, with other languages and clocks, give one image', { timeout: 900_000 }, async (context) => {
    chmodSync(place, 0o777); // the second user writes an output here too
    const first = join(place, 'first');
    cpSync(SAMPLE, first, { recursive: true });
    const one = await build(first, 'one', { prefix: umask('022') });
    expect(one.digest).toMatch(/^sha256:/);

    // What is kept must not leak in either: the second user starts from nothing, and reads the files in another order.
    if (skipWithout('root with setpriv, to build as another user', canSwitchUser)) context.skip();
    const user = join(place, 'user');
    const second = join(user, 'deeper/second');
    mkdirSync(second, { recursive: true });
    for (const name of readdirSync(SAMPLE).reverse()) cpSync(join(SAMPLE, name), join(second, name), { recursive: true });
    const root = installPackage(join(place, 'package'));
    for (const path of [user, join(user, 'deeper'), ...readdirSync(user, { recursive: true }).map((name) => join(user, String(name)))])
      chownSync(path, NOBODY, NOBODY);
    // Left over from the first user, as sudo leaves such variables.
    const closed = join(place, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    writeFileSync(join(closed, 'npmrc'), '');
    chmodSync(closed, 0o700);
    const two = await build(second, 'two', {
      root,
      cwd: user,
      prefix: [...umask('077'), 'setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', '--'],
      env: {
        npm_config_userconfig: join(closed, 'npmrc'),
        HOME: user,
        TSPACK_HOME: join(user, 'home'),
        LC_ALL: 'tr_TR.UTF-8',
        LANG: 'tr_TR.UTF-8',
        TZ: 'Pacific/Kiritimati',
      },
    });
    expect(two).toEqual(one);
  });
});
