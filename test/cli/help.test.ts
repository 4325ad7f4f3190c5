import { describe, expect, it } from 'vitest';
import { runFake } from '../support/fake-library.ts';

const COMMANDS = [
  '',
  'build',
  'plan',
  'why',
  'run',
  'rebase',
  'inspect',
  'ls',
  'rm',
  'tag',
  'pull',
  'push',
  'login',
  'logout',
  'save',
  'load',
  'unpack',
  'history',
  'diff',
  'du',
  'prune',
  'builder',
  'builder suggest',
  'builder inspect',
  'builder update',
  'builder create',
  'builder publish',
  'lifecycle',
  'buildpack',
  'buildpack new',
  'buildpack package',
  'buildpack inspect',
  'extension',
  'extension new',
  'extension package',
  'extension inspect',
  'sbom',
  'sbom download',
  'cache',
  'cache ls',
  'cache rm',
  'cache export',
  'cache import',
  'config',
  'config list',
  'config default-builder',
  'config insecure-registries',
  'config insecure-registries add',
  'config registry-mirrors',
  'config registry-mirrors add',
  'config run-image-mirrors remove',
  'completion',
  'deploy',
  'doctor',
  'version',
];

describe('tspack --help', () => {
  it.each(COMMANDS)('shows help of "%s"', async (command) => {
    const words = command.split(' ').filter((word) => word !== '');
    const { code, stdout, stderr } = await runFake([...words, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(`../golden/cli/help-${words.join('-') || 'tspack'}.txt`);
    for (const line of stdout.split('\n').filter((text) => !text.startsWith('  $ '))) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('is shown for an empty command line', async () => {
    const { code, stdout } = await runFake([]);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: tspack <command>');
  });

  it('prints the version on stdout', async () => {
    expect(await runFake(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
    expect(await runFake(['version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });

  it('uses only commands and flags in its examples that exist', async () => {
    for (const command of COMMANDS) {
      const { stdout } = await runFake([...command.split(' ').filter((word) => word !== ''), '--help']);
      for (const [, example = ''] of stdout.matchAll(/^ {2}\$ tspack (.*)$/gm)) {
        const words = example.split(' ');
        const separator = words.includes('--') ? words.indexOf('--') : words.length;
        const { stderr, code } = await runFake([...words.slice(0, separator), '--help']);
        expect({ example, stderr, code }).toEqual({ example, stderr: '', code: 0 });
      }
    }
  });
});
