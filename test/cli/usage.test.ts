import { describe, expect, it } from 'vitest';
import { TspackError } from '../../src/index.ts';
import { Interruption } from '../../src/cli/interruption.ts';
import { exitCodeFor } from '../../src/cli/exit-code.ts';
import { buildingLibrary, runFake } from '../support/fake-library.ts';

const failing = (error: unknown) => ({ build: () => Promise.reject(error) });
const BUILD = ['build', 'myapp', '--builder', 'base'];

describe('a command line that cannot be read', () => {
  it.each([
    [['bild'], 'Unknown command "bild"', 'Did you mean build?'],
    [['build', 'x', '--pth', 'y'], 'Unknown option "--pth"', 'Did you mean --path?'],
    [['builder', 'inspekt'], 'Unknown command "inspekt"', 'Did you mean inspect?'],
    [['build'], 'Missing required argument "image"', 'tspack build --help'],
    [['build', 'a', 'b'], 'Too many arguments', 'tspack build --help'],
    [['build', 'a', '--network', 'x'], 'want host or none', '--network host'],
    [['build', 'a', '--uid', 'root'], 'want a number', '--uid 1000'],
    [['build', 'a', '--creation-time', 'yesterday'], 'want now, or seconds', '--creation-time'],
    [['build', 'a', '--cache', 'type=build;format=bind'], 'format=bind needs source=DIR', 'type=build;format=bind;source='],
    [['build', 'a', '--interactive'], 'tspack has no --interactive', 'Leave it out'],
    [['build', 'a', '-r', 'x'], 'tspack has no --buildpack-registry', 'TSPACK_BUILDPACK_REGISTRY'],
    [['build', 'a', '--docker-host', 'tcp://x'], 'buildpacks get no access to a daemon', 'Set DOCKER_HOST'],
    [['build', 'a', '--builder'], 'argument missing', 'tspack build --help'],
    [['builder'], 'No command was given after "tspack builder"', ''],
    [['doctor', '--', 'x'], 'Nothing can follow "--"', 'tspack doctor --help'],
    [['inspect', 'x', '--output', 'yaml'], 'want human-readable or json', ''],
  ])('%j: exit code 3, nothing on stdout', async (argv, message, nextStep) => {
    const { code, stdout, stderr } = await runFake(argv);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(`ERROR: `);
    expect(stderr).toContain(message);
    expect(stderr).toContain(nextStep);
  });

  it('proposes the builders when none is chosen', async () => {
    const { code, stderr } = await runFake(['build', 'myapp'], {
      library: {
        build: () => Promise.reject(new TspackError({ code: 'BUILDER_MISSING', message: 'No builder is chosen' })),
        builders: () => [
          { name: 'base', description: '' },
          { name: 'tiny', description: '' },
        ],
      },
    });
    expect(code).toBe(3);
    expect(stderr).toBe(
      'ERROR: No builder is chosen [BUILDER_MISSING]\nNext step: Add --builder base or --builder tiny; "tspack builder suggest" describes them\n',
    );
  });
});

describe('an error', () => {
  it('shows message, code and next step', async () => {
    const error = new TspackError({ code: 'BUILDER_UNKNOWN', message: 'Cannot find the builder "bse"', nextStep: 'Did you mean base?' });
    const { code, stdout, stderr } = await runFake(BUILD, { library: failing(error) });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe('ERROR: Cannot find the builder "bse" [BUILDER_UNKNOWN]\nNext step: Did you mean base?\n');
  });

  it('shows its causes with --verbose', async () => {
    const cause = new TspackError({ code: 'HTTP_UNREACHABLE', message: 'Cannot reach the host', cause: new Error('connect ECONNREFUSED') });
    const { stderr } = await runFake([...BUILD, '-v'], { library: failing(new TspackError({ code: 'DOWNLOAD_FAILED', message: 'Cannot download x', cause })) });
    expect(stderr).toContain('  caused by Cannot reach the host [HTTP_UNREACHABLE]\n  caused by Error: connect ECONNREFUSED');
  });

  it('escapes control characters of names', async () => {
    const { stderr } = await runFake(BUILD, { library: failing(new TspackError({ code: 'X', message: 'Cannot read "\u001b]0;owned\u0007"' })) });
    expect(stderr).toBe('ERROR: Cannot read "\\x1b]0;owned\\x07" [X]\n');
  });

  it('is coloured only where it should be', async () => {
    const library = failing(new TspackError({ code: 'X', message: 'No' }));
    const isColored = async (argv: readonly string[], environment: Record<string, string>, terminal: boolean) =>
      (await runFake(argv, { library, environment, terminal })).stderr.includes('\u001b[31');
    expect(await isColored(BUILD, {}, false)).toBe(false);
    expect(await isColored(BUILD, {}, true)).toBe(true);
    expect(await isColored([...BUILD, '--no-color'], {}, true)).toBe(false);
    expect(await isColored(BUILD, { NO_COLOR: '1' }, true)).toBe(false);
    expect(await isColored(BUILD, { NO_COLOR: '' }, true)).toBe(true);
    expect(await isColored(BUILD, { FORCE_COLOR: '1' }, false)).toBe(true);
    expect(await isColored(BUILD, { FORCE_COLOR: '0' }, true)).toBe(false);
    expect(await isColored(BUILD, { TERM: 'dumb' }, true)).toBe(false);
  });

  it('of a failed detection shows what each buildpack looked for and saw', async () => {
    const explanations = [
      {
        buildpack: 'tspack/nodejs',
        version: '0.1.0',
        verdict: 'fail',
        output: 'Looked for package.json in /workspace\r\n\nNearest miss: frontend/package.json\u001b[2J\n',
      },
      { buildpack: 'x', version: '1', verdict: 'error', output: '', reason: 'exit code 3' },
    ];
    const error = new TspackError({ code: 'DETECT_NONE', message: 'No buildpack fits the application in "/work"', nextStep: 'Add --path frontend' });
    const { code, stderr } = await runFake(BUILD, { library: failing(Object.assign(error, { explanations })) });
    expect(code).toBe(20);
    expect(stderr).toBe(
      [
        'ERROR: No buildpack fits the application in "/work" [DETECT_NONE]',
        '  tspack/nodejs 0.1.0 does not take part',
        '    Looked for package.json in /workspace',
        '    Nearest miss: frontend/package.json',
        '  x 1 failed: exit code 3',
        'Next step: Add --path frontend\n',
      ].join('\n'),
    );
  });

  it('of the system is told in words', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write', path: '/data/blob' });
    const { code, stderr } = await runFake(BUILD, { library: failing(full) });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ERROR: Cannot write "\/data\/blob": the disk is full \(ENOSPC\) \[SYSTEM\]\nNext step: Free some space/);
  });

  it('that may go away ends with 75, also when another one wraps it', async () => {
    const transient = (value: boolean) => Object.assign(new TspackError({ code: 'HTTP_STATUS', message: 'The server answers 503' }), { transient: value });
    const exits = (error: unknown) => exitCodeFor(error);
    expect(exits(transient(true))).toBe(75);
    expect(exits(transient(false))).toBe(1);
    expect(exits(new TspackError({ code: 'DOWNLOAD_FAILED', message: 'No', cause: transient(true) }))).toBe(75);
    expect(exits(Object.assign(new TspackError({ code: 'REGISTRY_DENIED', message: 'No' }), { transient: false }))).toBe(62);
  });

  it('that is a bug shows its stack and where to report it', async () => {
    const { code, stderr } = await runFake(BUILD, { library: failing(new RangeError('boom')) });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ERROR: This should not have happened: it is a bug in tspack\nRangeError: boom\n {4}at /);
    expect(stderr).toContain('Next step: Report it');
  });

  it('after Ctrl-C is the interruption, whatever broke', async () => {
    const controller = new AbortController();
    const library = {
      build: async () => {
        controller.abort(new Interruption('SIGINT'));
        throw new Error('socket hang up');
      },
    };
    const { code, stderr } = await runFake(BUILD, { library, signal: controller.signal });
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'ERROR: Stopped by Ctrl-C [INTERRUPTED]\n' });
    expect(exitCodeFor(new Interruption('SIGTERM'))).toBe(143);
  });
});

describe('flags of the display', () => {
  it('are taken before and after the command', async () => {
    const before = await runFake(['-q', ...BUILD], { library: buildingLibrary([{ kind: 'phase-started', phase: 'detecting' }]).library });
    const after = await runFake([...BUILD, '-q'], { library: buildingLibrary([{ kind: 'phase-started', phase: 'detecting' }]).library });
    expect(before).toEqual(after);
    expect(after.stderr).toBe('');
    expect(after.stdout).not.toBe('');
  });
});
