import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runProcess } from '../../src/foundation/index.ts';
import type { RunGit } from '../../src/source/index.ts';

/** No settings of this machine. */
export const GIT_ENVIRONMENT = {
  ...{ PATH: process.env.PATH ?? '', HOME: '/nonexistent', LC_ALL: 'C', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' },
  ...{ GIT_AUTHOR_NAME: 'n', GIT_AUTHOR_EMAIL: 'n@example.com', GIT_COMMITTER_NAME: 'n', GIT_COMMITTER_EMAIL: 'n@example.com' },
};

/** The real git program. */
export const runGit: RunGit = (args, signal) => runProcess(['git', ...args], { env: GIT_ENVIRONMENT, signal, ownSession: true });

/** A repository that others can be fetched from, by the real git program. */
export class GitRepository {
  readonly directory: string;
  readonly url: string;

  constructor(directory: string) {
    this.directory = directory;
    this.url = `file://${directory}`;
    mkdirSync(directory, { recursive: true });
    this.git('init', '--quiet', '--initial-branch=main');
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: this.directory, env: GIT_ENVIRONMENT, encoding: 'utf8' }).trim();
  }

  /** Writes files and commits all there is; returns the commit. */
  commit(files: Readonly<Record<string, string>>): string {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.directory, name)), { recursive: true });
      writeFileSync(join(this.directory, name), content);
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', 'one');
    return this.git('rev-parse', 'HEAD');
  }
}
