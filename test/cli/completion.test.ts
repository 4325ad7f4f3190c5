import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { SCRIPTS, SHELLS } from '../../src/cli/completion/scripts.ts';
import { runFake } from '../support/fake-library.ts';

const library = {
  builders: () => [
    { name: 'base', description: 'general' },
    { name: 'tiny', description: 'small' },
  ],
  listImages: () => Promise.resolve(['team/myapp:latest', 'team/other:1'].map((name) => ({ name }) as never)),
};

async function candidates(...words: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runFake(['complete', '--', ...words], { library });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').filter((line) => line !== '');
}

describe('tspack complete', () => {
  it('completes commands, and those of a group', async () => {
    expect(await candidates('bu')).toEqual(['build', 'builder', 'buildpack']);
    expect(await candidates('')).toEqual(expect.arrayContaining(['build', 'run', 'help', 'completion']));
    expect(await candidates('')).not.toContain('complete');
    expect(await candidates('builder', 's')).toEqual(['suggest']);
    expect(await candidates('config', 'insecure-registries', '')).toEqual(expect.arrayContaining(['list', 'add', 'remove']));
  });

  it('completes flags, and values that are known', async () => {
    expect(await candidates('build', 'myapp', '--pre')).toEqual(['--pre-buildpack', '--previous-image']);
    expect(await candidates('save', 'x', '--format', '')).toEqual(['docker', 'oci']);
    expect(await candidates('save', '--format=o')).toEqual(['--format=oci']);
    expect(await candidates('completion', '')).toEqual([...SHELLS]);
  });

  it('completes builders and images', async () => {
    expect(await candidates('build', 'myapp', '--builder', '')).toEqual(['base', 'tiny']);
    expect(await candidates('build', 'myapp', '-B', 't')).toEqual(['tiny']);
    expect(await candidates('plan', 'myapp', '-B', 't')).toEqual(['tiny']);
    expect(await candidates('why', 'team/m')).toEqual(['team/myapp:latest']);
    expect(await candidates('build', 'myapp', '--builder=b')).toEqual(['--builder=base']);
    expect(await candidates('run', 'team/')).toEqual(['team/myapp:latest', 'team/other:1']);
    expect(await candidates('rm', '--force', 'team/other:1', 'team/m')).toEqual(['team/myapp:latest']);
    expect(await candidates('build', 'x', '--previous-image=team/o')).toEqual(['--previous-image=team/other:1']);
  });

  it('leaves files and what follows "--" to the shell', async () => {
    expect(await candidates('build', 'myapp', '--path', '')).toEqual([]);
    expect(await candidates('run', 'myapp', '--', 'b')).toEqual([]);
    expect(await candidates('nothing-like-it', 'b')).toEqual([]);
  });
});

describe('tspack completion', () => {
  it.each(SHELLS)('prints the script for %s', async (shell) => {
    expect(await runFake(['completion', shell])).toMatchObject({ code: 0, stdout: SCRIPTS[shell], stderr: '' });
  });

  it('refuses other shells', async () => {
    const { code, stderr } = await runFake(['completion', 'tcsh']);
    expect(code).toBe(3);
    expect(stderr).toContain('bash, zsh, fish');
  });

  it('gives bash what it has not typed yet', () => {
    const answer = (line: string, found: string) => {
      const script = `tspack() { printf '%s\\n' "$*" >&2; printf '%s\\n' ${found}; }\n${SCRIPTS.bash}\nCOMP_LINE=${JSON.stringify(line)} COMP_POINT=${line.length}\n_tspack\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    };
    expect(answer('tspack run team/myapp:', 'team/myapp:latest team/myapp:1')).toBe('latest\n1\n');
    expect(answer('tspack build x --builder=b', '--builder=base')).toBe('base\n');
    expect(answer('tspack ', 'build run')).toBe('build\nrun\n');
  });
});
