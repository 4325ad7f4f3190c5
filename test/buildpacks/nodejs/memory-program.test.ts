import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MEMORY_PROGRAM } from '../../../buildpacks/nodejs/src/memory-program.ts';

/** Runs the program with a cgroup file of this content, and returns what it writes to descriptor 3. */
function run(limit: string | undefined, nodeOptions?: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'tspack-memory-'));
  const file = join(directory, 'memory.max');
  if (limit !== undefined) writeFileSync(file, limit);
  const program = join(directory, 'memory');
  writeFileSync(program, MEMORY_PROGRAM.replace('/sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes', `${file} ${directory}/none`));
  chmodSync(program, 0o755);
  const result = spawnSync('sh', ['-c', `"${program}" 3> "${directory}/out"`], {
    env: { PATH: '/usr/bin:/bin', ...(nodeOptions === undefined ? {} : { NODE_OPTIONS: nodeOptions }) },
    encoding: 'utf8',
  });
  const output = readFileSync(join(directory, 'out'), 'utf8');
  rmSync(directory, { recursive: true });
  expect(result.stderr).toBe('');
  expect(result.status).toBe(0);
  return output;
}

describe('MEMORY_PROGRAM', () => {
  it.each([
    ['536870912\n', undefined, 'NODE_OPTIONS = "--max-old-space-size=384"\n'],
    ['536870912\n', '--enable-source-maps', 'NODE_OPTIONS = "--enable-source-maps --max-old-space-size=384"\n'],
    ['536870912\n', '--max-old-space-size=100', ''],
    ['536870912\n', '--max_old_space_size=100', ''],
    ['536870912\n', '--title="x"', ''],
    ['max\n', undefined, ''],
    ['9223372036854771712\n', undefined, ''],
    ['1048576\n', undefined, ''],
    ['', undefined, ''],
    [undefined, undefined, ''],
  ])('with the limit %j and NODE_OPTIONS %j writes %j', (limit, options, expected) => {
    expect(run(limit, options)).toBe(expected);
  });

  it('is understood by every POSIX shell', () => {
    execFileSync('sh', ['-n', '-c', MEMORY_PROGRAM]);
  });
});
