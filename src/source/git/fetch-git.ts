import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, nearestNames } from '../../foundation/index.ts';
import { gitError } from './git-error.ts';
import { findWanted, parseRemoteRefs, shortNames, tagsOfCommit } from './remote-refs.ts';
import type { ProcessResult } from '../../foundation/index.ts';
import type { GitAddress } from './address.ts';
import type { RemoteRefs, WantedCommit } from './remote-refs.ts';

/** Runs the git program of this machine, which must never ask anybody anything. Throws `PROCESS_NOT_FOUND`. */
export type RunGit = (args: readonly string[], signal: AbortSignal) => Promise<ProcessResult>;

/** More tags than that on one commit are not fetched. */
const MOST_TAGS = 50;
/** The same files on every machine, whatever git's settings there say; servers that have fallen silent are given up. */
const SETTINGS = [
  'core.autocrlf=false',
  'core.symlinks=true',
  'core.fileMode=true',
  'core.hooksPath=/dev/null',
  'http.lowSpeedLimit=1',
  'http.lowSpeedTime=60',
];

/**
 * Checks out one commit of a repository with its submodules into a folder, which is made. Only that commit is fetched where the server allows it.
 * Throws `GIT_MISSING`, `SOURCE_REF_NOT_FOUND`, `SOURCE_NOT_FOUND`, `SOURCE_UNAUTHORIZED`, `SOURCE_FETCH_FAILED`, and the reason of `signal`.
 */
export async function fetchGit(address: GitAddress, directory: string, runGit: RunGit, signal: AbortSignal): Promise<void> {
  const checkout = new Checkout(address, directory, runGit, signal);
  const refs = await checkout.listRefs();
  const wanted = findWanted(refs, address.ref);
  if (wanted === undefined) throw refMissing(address, refs);
  await checkout.init();
  const commit = wanted.kind === 'ref' ? await checkout.fetchRef(wanted, refs) : await checkout.fetchCommit(wanted, refs);
  const branch = wanted.kind === 'ref' && wanted.name.startsWith('refs/heads/') ? wanted.name : undefined;
  await checkout.checkOut(commit, branch);
}

class Checkout {
  readonly #address: GitAddress;
  readonly #directory: string;
  readonly #runGit: RunGit;
  readonly #signal: AbortSignal;

  constructor(address: GitAddress, directory: string, runGit: RunGit, signal: AbortSignal) {
    this.#address = address;
    this.#directory = directory;
    this.#runGit = runGit;
    this.#signal = signal;
  }

  async listRefs(): Promise<RemoteRefs> {
    const { ref } = this.#address;
    const patterns = ['HEAD', 'refs/heads/*', 'refs/tags/*', ...(ref?.startsWith('refs/') === true ? [ref] : [])];
    return parseRemoteRefs(await this.#run(['ls-remote', '--symref', '--', this.#address.url, ...patterns]));
  }

  async init(): Promise<void> {
    mkdirSync(this.#directory, { recursive: true });
    await this.#inside('init', '--quiet', '--template=');
    await this.#inside('remote', 'add', 'origin', this.#address.url);
  }

  /** With the tags of its commit, so that the checkout says of itself what a clone would. */
  async fetchRef({ name, commit }: Extract<WantedCommit, { kind: 'ref' }>, refs: RemoteRefs): Promise<string> {
    const own = name === 'HEAD' ? 'HEAD' : `+${name}:${name}`;
    await this.#fetchShallow([own, ...tagSpecs(refs, commit).filter((spec) => spec !== own)]);
    return commit;
  }

  async fetchCommit({ prefix }: Extract<WantedCommit, { kind: 'commit' }>, refs: RemoteRefs): Promise<string> {
    const tip = [...refs.commits.values()].find((commit) => commit.startsWith(prefix));
    const whole = tip ?? (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(prefix) ? prefix : undefined);
    if (whole !== undefined) {
      const { exitCode } = await this.#try(['fetch', '--quiet', '--no-tags', '--depth=1', 'origin', whole, ...tagSpecs(refs, whole)]);
      if (exitCode === 0) return whole;
    }
    // Servers may give only what a ref points to; the whole history has the commit then, or nobody has.
    await this.#inside('fetch', '--quiet', '--tags', 'origin', '+refs/heads/*:refs/remotes/origin/*');
    const { exitCode, stdout } = await this.#try(['rev-parse', '--verify', '--quiet', `${prefix}^{commit}`]);
    if (exitCode !== 0) throw refMissing(this.#address, refs);
    return stdout.trim();
  }

  async checkOut(commit: string, branch: string | undefined): Promise<void> {
    if (branch === undefined) await this.#inside('update-ref', '--no-deref', 'HEAD', commit);
    else await this.#inside('symbolic-ref', 'HEAD', branch);
    await this.#inside('reset', '--quiet', '--hard');
    if (!existsSync(join(this.#directory, '.gitmodules'))) return;
    const update = ['submodule', '--quiet', 'update', '--init', '--recursive'];
    if ((await this.#try([...update, '--depth=1'])).exitCode !== 0) await this.#inside(...update);
  }

  /** Servers that hand out files and nothing else know no depth. */
  async #fetchShallow(specs: readonly string[]): Promise<void> {
    const fetch = ['fetch', '--quiet', '--no-tags', '--update-head-ok'];
    const { exitCode, stderr } = await this.#try([...fetch, '--depth=1', 'origin', ...specs]);
    if (exitCode === 0) return;
    if (!/shallow/.test(stderr)) throw gitError(this.#address, stderr);
    await this.#inside(...fetch, 'origin', ...specs);
  }

  #try(args: readonly string[]): Promise<ProcessResult> {
    return this.#start(['-C', this.#directory, ...args]);
  }

  #inside(...args: readonly string[]): Promise<string> {
    return this.#run(['-C', this.#directory, ...args]);
  }

  async #run(args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#start(args);
    if (exitCode !== 0) throw gitError(this.#address, stderr);
    return stdout;
  }

  async #start(args: readonly string[]): Promise<ProcessResult> {
    // A repository on this machine may have submodules beside it; any other has no business with files here.
    const settings = [...SETTINGS, ...(/^file:/i.test(this.#address.url) ? ['protocol.file.allow=always'] : [])];
    try {
      return await this.#runGit([...settings.flatMap((setting) => ['-c', setting]), ...args], this.#signal);
    } catch (error) {
      if (!(error instanceof TspackError) || error.code !== 'PROCESS_NOT_FOUND') throw error;
      throw new TspackError({
        code: 'GIT_MISSING',
        message: `Cannot fetch "${this.#address.shown}": there is no program git on this machine`,
        nextStep: 'Install git, or name a folder or an archive with --path',
        cause: error,
      });
    }
  }
}

function tagSpecs(refs: RemoteRefs, commit: string): readonly string[] {
  return tagsOfCommit(refs, commit)
    .slice(0, MOST_TAGS)
    .map((tag) => `+${tag}:${tag}`);
}

function refMissing({ shown, ref }: GitAddress, refs: RemoteRefs): TspackError {
  const near = nearestNames(ref ?? '', shortNames(refs));
  return new TspackError({
    code: 'SOURCE_REF_NOT_FOUND',
    message:
      ref === undefined
        ? `Cannot build "${shown}": the repository has no commit`
        : `Cannot build "${shown}": the repository has no branch, tag or commit "${ref}"`,
    nextStep:
      ref === undefined
        ? 'Push a commit first'
        : near.length === 0
          ? 'Name a branch, a tag or a commit behind "#"'
          : `Did you mean ${near.map((name) => `"#${name}"`).join(' or ')}?`,
  });
}
