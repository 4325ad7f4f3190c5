import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerfileError } from '../../src/dockerfile/index.ts';
import { DockerfileFixture } from '../support/dockerfile-fixture.ts';
import { rawTar } from '../support/raw-tar.ts';

let fixture: DockerfileFixture;
beforeEach(() => {
  fixture = new DockerfileFixture();
  fixture.write('a.txt', 'a');
  fixture.write('b.txt', 'b', 0o755);
  fixture.write('dir/c.txt', 'c');
  fixture.write('dir/sub/d.md', 'd');
  fixture.link('dir/link', '../a.txt');
  fixture.link('alias', 'dir');
  fixture.link('escape', '/etc');
});
afterEach(() => fixture.remove());

/** The layers of these instructions over the base. */
const layers = async (...lines: readonly string[]) => await fixture.layers(await fixture.execute(['FROM base', ...lines].join('\n')));

async function refusal(...lines: readonly string[]): Promise<DockerfileError> {
  const error: unknown = await layers(...lines).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DockerfileError);
  return error as DockerfileError;
}

describe('COPY', () => {
  it.each<readonly [string, readonly string[]]>([
    ['COPY a.txt /srv', ['/srv/a.txt 644 0:0 = a']],
    ['COPY a.txt /new', ['/new 644 0:0 = a']],
    ['COPY a.txt /new/', ['/new 755 0:0', '/new/a.txt 644 0:0 = a']],
    ['COPY a.txt /x/y/z', ['/x 755 0:0', '/x/y 755 0:0', '/x/y/z 644 0:0 = a']],
    ['COPY /a.txt b.txt /bin/', ['/usr/bin/a.txt 644 0:0 = a', '/usr/bin/b.txt 755 0:0 = b']],
    ['COPY ["a.txt", "/with blank"]', ['/with blank 644 0:0 = a']],
    ['COPY dir /srv/', ['/srv/c.txt 644 0:0 = c', '/srv/link 777 0:0 -> ../a.txt', '/srv/sub 755 0:0', '/srv/sub/d.md 644 0:0 = d']],
    ['COPY dir/sub /n/e/w', ['/n 755 0:0', '/n/e 755 0:0', '/n/e/w 755 0:0', '/n/e/w/d.md 644 0:0 = d']],
    ['COPY alias/sub /srv', ['/srv/d.md 644 0:0 = d']],
    ['COPY *.txt /srv/', ['/srv/a.txt 644 0:0 = a', '/srv/b.txt 755 0:0 = b']],
    ['COPY [ab].tx? /srv/', ['/srv/a.txt 644 0:0 = a', '/srv/b.txt 755 0:0 = b']],
    ['COPY di*/c.txt /srv', ['/srv/c.txt 644 0:0 = c']],
    ['COPY --chown=web a.txt /new/', ['/new 755 33:34', '/new/a.txt 644 33:34 = a']],
    ['COPY --chown=7 a.txt /new', ['/new 644 7:7 = a']],
    ['COPY --chown=7:staff a.txt /new', ['/new 644 7:50 = a']],
    ['COPY --chmod=640 a.txt /new', ['/new 640 0:0 = a']],
    ['COPY --chmod=u+x a.txt /new', ['/new 744 0:0 = a']],
    ['COPY --exclude=**/*.md --exclude=link dir /srv', ['/srv/c.txt 644 0:0 = c', '/srv/sub 755 0:0']],
    ['COPY --exclude=sub/*.md --exclude=link dir /srv', ['/srv/c.txt 644 0:0 = c', '/srv/sub 755 0:0']],
  ])('%s', async (line, entries) => {
    expect(await layers(line)).toEqual([entries]);
  });

  it('goes relative to the working directory, and expands variables', async () => {
    expect(await layers('WORKDIR /srv', 'ENV to=here', 'ARG what=a', 'COPY $what.txt $to/')).toEqual([['/srv/here 755 0:0', '/srv/here/a.txt 644 0:0 = a']]);
    expect(await layers('WORKDIR /srv', 'COPY a.txt .')).toEqual([['/srv/a.txt 644 0:0 = a']]);
  });

  it('sees what earlier instructions made', async () => {
    expect((await layers('COPY dir/sub /made', 'COPY a.txt /made'))[1]).toEqual(['/made/a.txt 644 0:0 = a']);
  });

  it('writes files that stand in the Dockerfile', async () => {
    expect(await layers('ENV x=1', "COPY --chmod=755 <<one <<'two' /srv/\n$x \\$x\none\n$x\ntwo")).toEqual([
      ['/srv/one 755 0:0 = 1 $x\n', '/srv/two 755 0:0 = $x\n'],
    ]);
  });

  it('leaves out what .dockerignore names', async () => {
    fixture.write('.dockerignore', '# no\n**/*.md\n*.txt\n!b.txt\n');
    expect(await layers('COPY dir /srv/', 'COPY *.txt /')).toEqual([
      ['/srv/c.txt 644 0:0 = c', '/srv/link 777 0:0 -> ../a.txt', '/srv/sub 755 0:0'],
      ['/b.txt 755 0:0 = b'],
    ]);
    expect((await refusal('COPY a.txt /')).nextStep).toContain('.dockerignore');
  });

  it('keeps names that are not UTF-8', async () => {
    const { writeFileSync } = await import('node:fs');
    writeFileSync(Buffer.concat([Buffer.from(`${fixture.root}/context/dir/sub/`), Buffer.from([0x66, 0xff])]), 'x');
    const image = await fixture.execute('FROM base\nCOPY dir/sub /srv');
    const chunks: Uint8Array[] = [];
    for await (const chunk of image.added[0]!.layer!.openTar()) chunks.push(chunk);
    expect(Buffer.concat(chunks).includes(Buffer.from([0x2f, 0x66, 0xff]))).toBe(true);
  });

  it('makes no layer of nothing, and one for the same content once', async () => {
    const { mkdirSync } = await import('node:fs');
    mkdirSync(`${fixture.root}/context/empty`);
    const first = await fixture.execute('FROM base\nCOPY empty /srv\nCOPY a.txt /srv');
    expect(first.added).toHaveLength(1);
    await fixture.execute('FROM base\nCOPY empty /srv\nCOPY a.txt /srv/a.txt');
    expect(fixture.events.flatMap((event) => (event.kind === 'instruction' ? [event.cached] : []))).toEqual([true, true]);
    fixture.write('a.txt', 'changed');
    expect(await layers('COPY empty /srv', 'COPY a.txt /srv')).toEqual([['/srv/a.txt 644 0:0 = changed']]);
  });

  it.each([
    ['COPY missing /', 'COPY finds no "missing" in the build context'],
    ['COPY *.zip /', 'COPY finds no "*.zip"'],
    ['COPY ../x /', 'leads out of the build context'],
    ['COPY dir/../../x /', 'leads out of the build context'],
    ['COPY escape/passwd /', 'COPY finds no "escape/passwd"'],
    ['COPY a.txt b.txt /new', 'the destination is no folder'],
    ['COPY *.txt /new', 'the destination is no folder'],
    ['COPY dir /etc/passwd', 'which is a file in the image'],
    ['COPY --chown=nobody a.txt /', 'no such user or group'],
    ['COPY --chmod=rw a.txt /', '--chmod is "rw"'],
  ])('refuses %s', async (line, problem) => {
    expect((await refusal(line)).message).toContain(problem);
  });

  it('never follows a link out of the context', async () => {
    expect(await layers('COPY escape /srv/').catch((error: unknown) => (error as Error).message)).toContain('finds no "escape"');
  });
});

describe('ADD', () => {
  const tar = () =>
    rawTar([
      { name: 'in/', flag: '5', mode: 0o700 },
      { name: 'in/file', content: 'inside', mode: 0o640 },
      { name: 'in/link', flag: '2', linkName: '/etc/passwd' },
    ]);
  const unpacked = ['/srv/in 700 0:0', '/srv/in/file 640 0:0 = inside', '/srv/in/link 777 0:0 -> /etc/passwd'];

  it('unpacks tars, plain and compressed, with their owners unless told otherwise', async () => {
    fixture.write('x.tar', tar());
    fixture.write('x.tgz', gzipSync(tar()));
    expect(await layers('ADD x.tar /srv', 'ADD x.tgz /srv')).toEqual([unpacked, unpacked]);
    expect((await layers('ADD --chown=web x.tar /srv'))[0]![0]).toBe('/srv/in 700 33:34');
    expect(await layers('ADD --unpack=false x.tar /y')).toHaveLength(1);
  });

  it('copies what is no tar, or only looks like one', async () => {
    fixture.write('y.tar', 'not really');
    fixture.write('z.gz', gzipSync('text'));
    expect(await layers('ADD y.tar /srv/')).toEqual([['/srv/y.tar 644 0:0 = not really']]);
    expect((await layers('ADD z.gz /srv/'))[0]![0]).toMatch(/^\/srv\/z\.gz 644/);
  });

  it('refuses compressions that cannot be read here', async () => {
    fixture.write('x.tar.xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 1, 2]));
    expect(await refusal('ADD x.tar.xz /')).toMatchObject({ code: 'DOCKERFILE_UNSUPPORTED', message: expect.stringContaining('compressed with xz') as string });
  });

  it('downloads, and checks what was pinned', async () => {
    const url = 'https://example.com/some/file.txt?x=1';
    fixture.downloads[url] = 'remote';
    const checksum = `sha256:${createHash('sha256').update('remote').digest('hex')}`;
    expect(await layers(`ADD ${url} /srv/`, `ADD --checksum=${checksum} --chmod=644 ${url} /named`)).toEqual([
      ['/srv/file.txt 600 0:0 = remote'],
      ['/named 644 0:0 = remote'],
    ]);
    expect((await refusal(`ADD --checksum=sha256:1 ${url} /`)).message).toContain('want sha256:1');
    expect((await refusal('ADD --checksum=sha256:1 a.txt /')).message).toContain('for sources that are downloaded');
    expect((await refusal('ADD http://example.com/away /')).message).toContain('cannot fetch "http://example.com/away": the server does not answer');
  });

  it('takes a downloaded tar as a file unless asked to unpack it', async () => {
    const url = 'http://example.com/t.tar';
    fixture.downloads[url] = tar().toString('latin1');
    expect((await layers(`ADD ${url} /srv/`))[0]).toHaveLength(1);
    expect(await layers(`ADD --unpack ${url} /srv/`)).toEqual([unpacked]);
  });
});
