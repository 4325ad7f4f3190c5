import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MEMORY_PROGRAM } from '../../../buildpacks/java/src/launch/memory-program.ts';
import { PORT_PROGRAM } from '../../../buildpacks/java/src/launch/port-program.ts';
import { parseToml } from '../../../src/foundation/index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'java-launch-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** What the program writes to descriptor 3, as the launcher reads it. */
function run(program: string, env: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  writeFileSync(join(root, 'program'), program);
  const result = spawnSync('sh', ['-c', `sh ${join(root, 'program')} 3>${join(root, 'out')}`], {
    env: { PATH: process.env['PATH'] ?? '', TSPACK_CGROUP_ROOT: join(root, 'cgroup'), ...env },
    encoding: 'utf8',
  });
  expect([result.status, result.stderr, result.stdout]).toEqual([0, '', '']);
  return parseToml(readFileSync(join(root, 'out'), 'utf8'), 'out');
}

function cgroup(file: string, content: string): void {
  const path = join(root, 'cgroup', file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const options = (env: Readonly<Record<string, string>> = {}) => run(MEMORY_PROGRAM, env)['JAVA_TOOL_OPTIONS'];
const mebibytes = (count: number) => `${count * 1024 ** 2}\n`;

describe('MEMORY_PROGRAM', () => {
  it('gives the heap what code, stacks, classes and buffers leave of the limit', () => {
    cgroup('memory.max', mebibytes(2048));
    // 2,097,152 KiB less 245,760 of code, 256,000 of stacks, 10,240 of buffers and 14,336 + 15,400 * 5,800 / 1,024 of classes.
    expect(options({ TSPACK_JAVA_CLASS_COUNT: '20000' })).toBe('-XX:+ExitOnOutOfMemoryError -Xmx1483590K');
    expect(options({ TSPACK_JAVA_CLASS_COUNT: '20000', BPL_JVM_THREAD_COUNT: '50' })).toBe('-XX:+ExitOnOutOfMemoryError -Xmx1688390K');
    expect(options({ BPL_JVM_LOADED_CLASS_COUNT: '0', BPL_JVM_HEAD_ROOM: '10' })).toBe('-XX:+ExitOnOutOfMemoryError -Xmx1361101K');
  });

  it('reads the files of version 1 of cgroups', () => {
    cgroup('memory/memory.limit_in_bytes', mebibytes(4096));
    expect(options()).toMatch(/ -Xmx\d{7}K$/);
  });

  it('says a share of the limit where the calculation would leave too little', () => {
    cgroup('memory.max', mebibytes(512));
    expect(options()).toBe('-XX:+ExitOnOutOfMemoryError -XX:MaxRAMPercentage=60.0');
    cgroup('memory.max', mebibytes(128));
    expect(options()).toBe('-XX:+ExitOnOutOfMemoryError -XX:MaxRAMPercentage=45.0');
  });

  it.each([
    ['no file', undefined],
    ['no limit in version 2', 'max\n'],
    ['no limit in version 1', '9223372036854771712\n'],
    ['an empty file', ''],
    ['nonsense', 'a lot\n'],
  ])('leaves the heap to the JVM with %s', (_what, content) => {
    if (content !== undefined) cgroup('memory.max', content);
    expect(options()).toBe('-XX:+ExitOnOutOfMemoryError');
  });

  it.each(['-Xmx100m', '-XX:MaxRAMPercentage=80', '-XX:MaxHeapSize=1g', '-Dx=1 -Xmx1g'])('keeps what the user says: %s', (own) => {
    cgroup('memory.max', mebibytes(1024));
    expect(options({ JAVA_TOOL_OPTIONS: own })).toBe(`${own} -XX:+ExitOnOutOfMemoryError`);
  });

  it('adds to options with quotes and backslashes, and to one that only looks like a heap', () => {
    cgroup('memory.max', mebibytes(512));
    expect(options({ JAVA_TOOL_OPTIONS: '-Da="b c" -Dp=C:\\x -Dflag=-Xmx1' })).toBe(
      '-Da="b c" -Dp=C:\\x -Dflag=-Xmx1 -XX:+ExitOnOutOfMemoryError -XX:MaxRAMPercentage=60.0',
    );
  });

  it('ignores settings that are no numbers', () => {
    cgroup('memory.max', mebibytes(2048));
    expect(options({ BPL_JVM_THREAD_COUNT: 'many', BPL_JVM_HEAD_ROOM: '$(reboot)', BPL_JVM_LOADED_CLASS_COUNT: '-1' })).toBe(options());
  });
});

describe('PORT_PROGRAM', () => {
  it('gives each framework the port, unless it has one', () => {
    expect(run(PORT_PROGRAM, { PORT: '9000', SERVER_PORT: '1' })).toEqual({ QUARKUS_HTTP_PORT: '9000', MICRONAUT_SERVER_PORT: '9000' });
  });

  it.each([{}, { PORT: '' }, { PORT: '80"\nEVIL = "1' }] as Record<string, string>[])('says nothing with %j', (env) => {
    expect(run(PORT_PROGRAM, env)).toEqual({});
  });
});
