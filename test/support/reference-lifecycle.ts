import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './requirement.ts';
import { sandboxObstacle, testBubblewrap } from './sandbox-root.ts';

const run = promisify(execFile);

/** Why phases of the reference lifecycle cannot run here; undefined when they can. */
export function referenceObstacle(): string | undefined {
  return findProgram('lifecycle') === undefined ? 'no reference lifecycle (set TSPACK_TEST_REFERENCE to the folder that has it)' : sandboxObstacle();
}

/** The folders of a build image, and nothing else: the reference is a static program. */
export interface ReferenceRoot {
  readonly root: string;
  /** Host path of a path inside. */
  at(path: string): string;
  /** Runs a phase as user 1001:1000, who owns every file; returns what it printed. Throws with its output when it fails. */
  phase(name: string, platformApi: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
}

/** Makes a root with `/layers`, `/workspace`, `/platform` and `/cnb`; `launcher` is the text of its launcher. */
export function createReferenceRoot(root: string, launcher: string): ReferenceRoot {
  const at = (path: string) => join(root, path);
  for (const folder of ['layers', 'workspace', 'platform/env', 'cnb/lifecycle', 'cache', 'tmp', 'dev', 'proc'])
    mkdirSync(at(folder), { recursive: true, mode: 0o755 });
  writeFileSync(at('cnb/lifecycle/launcher'), launcher, { mode: 0o755 });
  const lifecycle = realpathSync(findProgram('lifecycle') ?? '/dev/null');
  return {
    root,
    at,
    async phase(name, platformApi, args, more = {}) {
      const program = `/cnb/lifecycle/${name}`;
      // The phase is chosen by the name of the program.
      copyFileSync(lifecycle, at(program));
      const env = { CNB_PLATFORM_API: platformApi, CNB_REGISTRY_AUTH: '{}', CNB_NO_COLOR: 'true', HOME: '/tmp', DOCKER_CONFIG: '/tmp', ...more };
      const settings = Object.entries(env).flatMap(([key, value]) => ['--setenv', key, value]);
      const [bubblewrap = '', ...words] = testBubblewrap() ?? [];
      const mounts = ['--bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'];
      const { stdout, stderr } = await run(
        bubblewrap,
        [
          ...words,
          '--unshare-user',
          '--uid',
          '1001',
          '--gid',
          '1000',
          '--unshare-pid',
          '--die-with-parent',
          ...mounts,
          '--clearenv',
          ...settings,
          '--',
          program,
          ...args,
        ],
        { cwd: dirname(root), env: { PATH: process.env['PATH'] }, maxBuffer: 1 << 26 },
      );
      return stdout + stderr;
    },
  };
}
