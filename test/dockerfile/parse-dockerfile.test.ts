import { describe, expect, it } from 'vitest';
import { DockerfileError, parseDockerfile } from '../../src/dockerfile/index.ts';
import type { Instruction } from '../../src/dockerfile/index.ts';

const parse = (text: string) => parseDockerfile(text, 'Dockerfile');

/** The instructions after `FROM a`, on one line each. */
async function instructions(text: string): Promise<readonly Instruction[]> {
  return (await parse(`FROM a\n${text}`)).stages[0]!.instructions;
}

async function refusal(text: string): Promise<DockerfileError> {
  const error: unknown = await parse(text).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DockerfileError);
  return error as DockerfileError;
}

describe('parseDockerfile()', () => {
  it('reads stages, their names and the arguments before them', async () => {
    const { globalArguments, stages } = await parse(
      'ARG base_image=x\nARG tag\nFROM --platform=linux/amd64 ${base_image} AS Build\nRUN a\nFROM build\nUSER x\n',
    );
    expect(globalArguments.map((argument) => argument.arguments)).toEqual([[{ name: 'base_image', value: 'x' }], [{ name: 'tag' }]]);
    expect(stages.map(({ from }) => from)).toMatchObject([
      { image: '${base_image}', name: 'build', platform: 'linux/amd64', line: 3 },
      { image: 'build', line: 5 },
    ]);
    expect(stages.map((stage) => stage.instructions.length)).toEqual([1, 1]);
  });

  it('takes keywords in any case, tabs, blank lines, comments, a byte order mark and DOS line ends', async () => {
    const { stages } = await parse('\u{feff}# c\r\n\r\n\tfrom a\r\n  # c\r\nrun\tx \r\nUsEr y');
    expect(stages[0]!.instructions).toMatchObject([
      { keyword: 'RUN', command: { form: 'shell', text: 'x' }, line: 5 },
      { keyword: 'USER', value: 'y', line: 6 },
    ]);
  });

  it.each([
    ['joins lines', 'RUN a \\\n  b', 'a   b'],
    ['leaves out comments and blank lines in between', 'RUN a \\\n # c\n\n# d\n b', 'a  b'],
    ['ignores blanks after the escape', 'RUN a \\ \t\n b', 'a  b'],
    ['keeps a # that begins no line', 'RUN a # b', 'a # b'],
    ['ends at two escapes', 'RUN a \\\\\nUSER b', 'a \\\\'],
    ['ends with the file', 'RUN a \\', 'a'],
    ['takes quotes as they are', `RUN echo "a <<EOF" '<<X'`, `echo "a <<EOF" '<<X'`],
    ['takes arithmetic for no here-document', 'RUN echo $((1<<2))', 'echo $((1<<2))'],
    ['takes a here-string for no here-document', 'RUN cat <<< "a"', 'cat <<< "a"'],
  ])('%s', async (_, text, command) => {
    expect((await instructions(text))[0]).toMatchObject({ command: { form: 'shell', text: command } });
  });

  it('obeys the escape directive', async () => {
    const { escape, stages } = await parse('# escape=`\nFROM a\nRUN dir c:\\ `\n  b\nUSER x\n');
    expect(escape).toBe('`');
    expect(stages[0]!.instructions).toMatchObject([{ command: { text: 'dir c:\\   b' } }, { value: 'x' }]);
  });

  it('takes a directive after anything else for a comment', async () => {
    expect((await parse('# c\n\n# escape=`\nFROM a\n')).escape).toBe('\\');
  });

  it('reads here-documents of RUN as Docker does', async () => {
    const [one, two, last] = await instructions('RUN <<EOF\na \\\n# b\n\n EOF\nEOF\nRUN 3<<-"E F" cat <<X\n\tq $x\n\tE F\n$y\nX\nUSER z');
    expect(one).toMatchObject({ command: { text: '<<EOF' }, heredocs: [{ name: 'EOF', content: 'a \\\n# b\n\n EOF\n', expand: true }] });
    expect(two).toMatchObject({
      line: 8,
      heredocs: [
        { name: 'E F', content: 'q $x\n', expand: false },
        { name: 'X', content: '$y\n', expand: true },
      ],
    });
    expect(last).toMatchObject({ keyword: 'USER', line: 13 });
  });

  it('reads files that stand in COPY', async () => {
    const [copy] = await instructions("COPY --chown=1:2 --chmod=600 <<a <<'b' c /to/\n1\na\n2\nb\n");
    expect(copy).toMatchObject({
      sources: ['c'],
      destination: '/to/',
      chown: '1:2',
      chmod: '600',
      heredocs: [
        { name: 'a', content: '1\n' },
        { name: 'b', content: '2\n', expand: false },
      ],
    });
  });

  it('reads exec form, and takes what is no JSON for the shell', async () => {
    expect(await instructions('RUN ["a", "b\\"c", "<<X"]\nCMD [ "a" ]\nENTRYPOINT [a]\nCMD\nVOLUME ["/a b"]\nSHELL ["/bin/bash", "-c"]')).toMatchObject([
      { command: { form: 'exec', arguments: ['a', 'b"c', '<<X'] } },
      { command: { form: 'exec', arguments: ['a'] } },
      { command: { form: 'shell', text: '[a]' } },
      { command: { form: 'shell', text: '' } },
      { values: ['/a b'] },
      { arguments: ['/bin/bash', '-c'] },
    ]);
  });

  it('reads pairs in both forms', async () => {
    expect(await instructions('ENV a="b c" d=e\\ f "g h"=i\nENV old  the  rest \nLABEL "a.b"=c\nARG x y=1 z="a b"')).toMatchObject([
      {
        pairs: [
          { name: 'a', value: '"b c"' },
          { name: 'd', value: 'e\\ f' },
          { name: '"g h"', value: 'i' },
        ],
      },
      { pairs: [{ name: 'old', value: 'the  rest' }] },
      { pairs: [{ name: '"a.b"', value: 'c' }] },
      { arguments: [{ name: 'x' }, { name: 'y', value: '1' }, { name: 'z', value: '"a b"' }] },
    ]);
  });

  it('reads flags', async () => {
    expect(
      await instructions(
        'RUN --mount=type=tmpfs,target=/x --network=none a\nHEALTHCHECK --interval=5s --retries=3 CMD a b\nHEALTHCHECK NONE\nADD --checksum=sha256:1 http://x/y z',
      ),
    ).toMatchObject([
      { network: 'none', mounts: [{ type: 'tmpfs', target: '/x' }], command: { text: 'a' } },
      { options: { interval: '5s', retries: '3' }, command: { text: 'a b' } },
      { command: undefined },
      { checksum: 'sha256:1', sources: ['http://x/y'] },
    ]);
  });

  it('keeps the text that history shows', async () => {
    expect((await instructions('run a \\\n  && b\nLABEL x=y')).map(({ source }) => source)).toEqual(['RUN a   && b', 'LABEL x=y']);
  });

  it.each([
    ['', 1, 'it has no FROM'],
    ['# only a comment\n', 1, 'it has no FROM'],
    ['RUN a\nFROM b\n', 1, 'RUN stands before FROM'],
    ['FROM a\nRNU b\n', 2, '"RNU" is no instruction'],
    ['FROM a\n\n&& b\n', 3, '"&&" is no instruction'],
    ['FROM\n', 1, 'FROM takes an image'],
    ['FROM a b\n', 1, 'FROM takes an image and perhaps "AS name"'],
    ['FROM a AS 1b\n', 1, '"1b" cannot name a stage'],
    ['FROM a\nRUN\n', 2, 'RUN needs an argument'],
    ['FROM a\nRUN --network=some x\n', 2, '--network is "some"'],
    ['FROM a\nRUN --nework=none x\n', 2, 'RUN has no flag "--nework"'],
    ['FROM a\nCOPY --from x y\n', 2, '"--from" needs a value'],
    ['FROM a\nCOPY --link=maybe x y\n', 2, '"--link" is "maybe"'],
    ['FROM a\nCOPY --from=b --from=c x y\n', 2, '"--from" stands there twice'],
    ['FROM a\nCOPY x\n', 2, 'COPY needs at least one source and a destination'],
    ['FROM a\nRUN <<EOF\nx\n', 2, 'the here-document "EOF" has no end'],
    ['FROM a\nENV x\n', 2, 'ENV gives "x" no value'],
    ['FROM a\nENV x=y z\n', 2, 'ENV takes name=value, not "z"'],
    ['FROM a\nENV x="y\n', 2, 'a quote is not closed'],
    ['FROM a\nARG =x\n', 2, 'ARG has no name'],
    ['FROM a\nUSER a b\n', 2, 'USER takes one argument'],
    ['FROM a\nSHELL /bin/sh\n', 2, 'SHELL takes a JSON array'],
    ['FROM a\nHEALTHCHECK a\n', 2, 'HEALTHCHECK takes NONE or CMD'],
    ['FROM a\nONBUILD FROM b\n', 2, 'ONBUILD cannot hold FROM'],
    ['FROM a\nONBUILD COPY b\n', 2, 'COPY needs at least one source'],
  ])('refuses %j', async (text, line, problem) => {
    const error = await refusal(text);
    expect(error.code).toBe('DOCKERFILE_INVALID');
    expect(error.line).toBe(line);
    expect(error.message).toContain(`Cannot read Dockerfile:${line}: `);
    expect(error.message).toContain(problem);
  });

  it('names the instruction that was meant', async () => {
    expect((await refusal('FROM a\nCOYP b c\n')).nextStep).toContain('Write COPY');
  });

  it('refuses a file that nobody writes', async () => {
    expect((await refusal(`FROM a\n${'#'.repeat(10_000_001)}`)).message).toContain('larger than');
  });

  it('reads a large file in a moment', async () => {
    const text = `FROM a\n${'RUN echo a \\\n  b <<EOF\nc\nEOF\n'.repeat(5_000)}`;
    const begun = performance.now();
    expect((await parse(text)).stages[0]!.instructions).toHaveLength(5_000);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('survives hostile text', async () => {
    const pieces = ['FROM a', 'RUN', '<<', '"', "'", '\\', '`', '\n', ' ', '[', '$', '{', '\u{e000}', '\0', '#', 'ARG', '=', '--', 'COPY', '\t', '🐳'];
    let state = 7;
    const random = () => (state = (state * 48_271) % 2_147_483_647);
    for (let count = 0; count < 500; count++) {
      const text = Array.from({ length: random() % 40 }, () => pieces[random() % pieces.length]!).join('');
      const outcome: unknown = await parse(text).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome, JSON.stringify(text)).toBeInstanceOf(DockerfileError);
    }
  });
});
