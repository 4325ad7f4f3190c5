import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unusedPort } from './ports.ts';
import { findProgram } from './requirement.ts';
import { answers, startProgram } from './started-program.ts';
import type { StartedProgram } from './started-program.ts';

export interface StartedRegistry extends StartedProgram {
  /** `127.0.0.1:<port>`, as in an image reference. */
  readonly host: string;
}

export interface RealRegistryOptions {
  /** The lines of a password file (bcrypt): with them it asks who it is. */
  readonly htpasswd?: string;
  /** `docker-registry`, Debian's package, or `registry`, its next major version. */
  readonly program?: string;
}

/** Docker's own registry on a free port of this machine. */
export async function startDockerRegistry(directory: string, { htpasswd, program = 'docker-registry' }: RealRegistryOptions = {}): Promise<StartedRegistry> {
  mkdirSync(directory, { recursive: true });
  const host = `127.0.0.1:${await unusedPort()}`;
  const config = join(directory, 'config.yml');
  const passwords = join(directory, 'htpasswd');
  if (htpasswd !== undefined) writeFileSync(passwords, htpasswd);
  const auth = htpasswd === undefined ? '' : `auth:\n  htpasswd:\n    realm: test\n    path: ${passwords}\n`;
  writeFileSync(
    config,
    `version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: ${join(directory, 'data')}\n  delete:\n    enabled: true\nhttp:\n  addr: ${host}\n${auth}`,
  );
  return await startRegistry(program, ['serve', config], host, join(directory, 'log'));
}

/** The registry of go-containerregistry, which knows the referrers API. */
export async function startCraneRegistry(directory: string): Promise<StartedRegistry> {
  mkdirSync(directory, { recursive: true });
  const host = `127.0.0.1:${await unusedPort()}`;
  return await startRegistry('crane', ['registry', 'serve', '--address', host], host, join(directory, 'log'));
}

async function startRegistry(program: string, args: readonly string[], host: string, log: string): Promise<StartedRegistry> {
  const started = startProgram(findProgram(program) ?? program, args, log);
  await answers(started, log, async () => {
    const { status } = await fetch(`http://${host}/v2/`);
    if (status !== 200 && status !== 401) throw new Error('not ready');
  });
  return { ...started, host };
}
