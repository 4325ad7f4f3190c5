import { describe, expect, it } from 'vitest';
import { containerCommand } from '../../../src/executor/container/container-command.ts';
import { ObservedOutput, checkStarted } from '../../../src/executor/container/start-error.ts';
import { sandboxPath } from '../../support/sandbox-root.ts';

const sink = (): void => undefined;
const spec = { command: ['/bin/detect', 'a b'], cwd: sandboxPath('/workspace'), env: { HOME: '/home/cnb' } };

describe('containerCommand()', () => {
  it('takes away what daemons add, but not what was asked for', () => {
    const command = containerCommand(spec, { env: true, shell: true });
    expect(command.slice(-2)).toEqual(spec.command);
    expect(command).toContain('HOSTNAME');
    expect(command).not.toContain('HOME');
  });

  it('joins the streams of one sink by a shell, but for names that a shell would drop', () => {
    const joined = { ...spec, stdout: sink, stderr: sink };
    expect(containerCommand(joined, { env: true, shell: true })[0]).toBe('/bin/sh');
    expect(containerCommand({ ...joined, env: { 'npm_config_//x/:_auth': '1' } }, { env: true, shell: true })[0]).toBe('/usr/bin/env');
    expect(containerCommand({ ...joined, stderr: () => undefined }, { env: true, shell: true })[0]).toBe('/usr/bin/env');
  });

  it('runs the program alone in an image that has neither', () => {
    expect(containerCommand({ ...spec, stdout: sink, stderr: sink }, { env: false, shell: false })).toEqual(spec.command);
  });
});

describe('checkStarted()', () => {
  const after = (said: string) => {
    const passed: Uint8Array[] = [];
    const output = new ObservedOutput((chunk) => passed.push(chunk));
    output.write(Buffer.from(said));
    expect(Buffer.concat(passed).toString()).toBe(said);
    return output;
  };

  it.each([
    ["/usr/bin/env: '/cnb/bin/build': No such file or directory\n", 127],
    ['[FATAL tini (7)] exec /cnb/bin/build failed: No such file or directory\n', 127],
    ['ERROR (catatonit:2): failed to exec pid1: No such file or directory\n', 127],
  ])('knows %j', (said, code) => {
    const check = () => checkStarted(code, after(said), '/cnb/bin/build');
    expect(check).toThrow(
      expect.objectContaining({ code: 'PROGRAM_NOT_STARTED', message: "Cannot start '/cnb/bin/build' in the sandbox: no such file or directory" }),
    );
  });

  it('believes neither another exit code, nor a program that says so of another', () => {
    checkStarted(1, after("env: '/cnb/bin/build': No such file or directory\n"), '/cnb/bin/build');
    checkStarted(127, after("env: 'node': No such file or directory\n"), '/cnb/bin/build');
    checkStarted(127, after("---> Building\nenv: '/cnb/bin/build': No such file or directory\n"), '/cnb/bin/build');
  });
});
