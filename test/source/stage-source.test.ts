import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stageSource } from '../../src/source/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stage-'));
  mkdirSync(join(folder, 'app/sub'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const stage = (filter = {}) => stageSource(join(folder, 'app'), join(folder, 'out'), filter);
const names = () => readdirSync(join(folder, 'out'), { recursive: true }).map(String).sort();

describe('stageSource()', () => {
  it('keeps the x bit of the owner and nothing else of the modes', async () => {
    writeFileSync(join(folder, 'app/run'), '');
    chmodSync(join(folder, 'app/run'), 0o700);
    writeFileSync(join(folder, 'app/text'), '');
    chmodSync(join(folder, 'app/text'), 0o666);
    chmodSync(join(folder, 'app/sub'), 0o700);
    await stage();
    const mode = (name: string) => lstatSync(join(folder, 'out', name)).mode & 0o7777;
    expect([mode('run'), mode('text'), mode('sub')]).toEqual([0o755, 0o644, 0o755]);
  });

  it('leaves .git at the top out, and nothing below', async () => {
    mkdirSync(join(folder, 'app/.git'));
    mkdirSync(join(folder, 'app/sub/.git'));
    writeFileSync(join(folder, 'app/.git/index'), '');
    await stage();
    expect(names()).toEqual(['sub', 'sub/.git']);
  });

  it('copies links as links, also broken ones', async () => {
    symlinkSync('/nowhere', join(folder, 'app/link'));
    await stage();
    expect(readlinkSync(join(folder, 'out/link'))).toBe('/nowhere');
  });

  it('keeps names that are not UTF-8 or hold newlines', async () => {
    const odd = Buffer.concat([Buffer.from(join(folder, 'app') + '/'), Buffer.from([0xff, 0x0a, 0x22, 0x1b])]);
    writeFileSync(odd, 'x');
    await stage();
    expect(readdirSync(join(folder, 'out'), { encoding: 'buffer' }).map((name) => name.toString('hex'))).toContain('ff0a221b');
  });

  it('leaves out a data folder that lies in the source, and itself', async () => {
    mkdirSync(join(folder, 'app/data/work'), { recursive: true });
    writeFileSync(join(folder, 'app/sub/kept'), '');
    await stageSource(join(folder, 'app'), join(folder, 'app/sub/out'), { without: [join(folder, 'app/data'), join(folder, 'gone')] });
    expect(readdirSync(join(folder, 'app/sub/out'), { recursive: true }).sort()).toEqual(['sub', 'sub/kept']);
  });

  it('can be stopped', async () => {
    for (let file = 0; file < 3000; file += 1) writeFileSync(join(folder, `app/${file}`), '');
    await expect(stageSource(join(folder, 'app'), join(folder, 'out'), {}, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(readdirSync(join(folder, 'out')).length).toBeLessThan(3000);
  });

  it('takes what include names, and leaves out what exclude names', async () => {
    for (const name of ['a.js', 'b.md', 'sub/c.js', 'sub/d.md']) writeFileSync(join(folder, 'app', name), name);
    await stage({ include: ['*.js'] });
    expect(names()).toEqual(['a.js', 'sub', 'sub/c.js']);
    rmSync(join(folder, 'out'), { recursive: true });
    await stage({ include: ['/a.js'] });
    expect(names()).toEqual(['a.js']);
    rmSync(join(folder, 'out'), { recursive: true });
    await stage({ exclude: ['sub', '!c.js'] });
    expect(names()).toEqual(['a.js', 'b.md', 'sub', 'sub/c.js']);
    expect(lstatSync(join(folder, 'out/sub')).mode & 0o7777).toBe(0o755);
    rmSync(join(folder, 'out'), { recursive: true });
    await stage({ exclude: ['*.md', '!b.md'] });
    expect(names()).toEqual(['a.js', 'b.md', 'sub', 'sub/c.js']);
  });

  it('says what is wrong with a path that is missing or a file', async () => {
    await expect(stageSource(join(folder, 'none'), join(folder, 'out'))).rejects.toThrow(/there is no such folder/);
    writeFileSync(join(folder, 'file'), '');
    await expect(stageSource(join(folder, 'file'), join(folder, 'out'))).rejects.toThrow(/it is neither a folder nor a file/);
    await expect(stageSource(join(folder, 'file/below'), join(folder, 'out'))).rejects.toThrow(/there is no such folder/);
  });
});
