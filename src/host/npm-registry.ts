import { join } from 'node:path';
import { TspackError, digestOf, runProcess } from '../foundation/index.ts';
import { remembered } from './remembered.ts';
import { statKey } from './stat-key.ts';

export interface NpmRegistryOptions {
  /** The whole environment of the caller: npm reads many variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cacheDirectory: string;
  /** What starts npm; by default it is looked up in PATH. */
  readonly command?: readonly string[];
  readonly signal?: AbortSignal;
}

interface Answer {
  readonly registry: string;
  /** npm's settings files with their state when it was asked. */
  readonly files: Readonly<Record<string, string>>;
}

const KEYS = ['registry', 'userconfig', 'globalconfig'] as const;

/**
 * The address of the npm registry as the host's npm has it, with a slash at its end. npm takes 300 ms to say so:
 * the answer is remembered until one of its settings files or variables changes. Projects' own `.npmrc` files do
 * not count here.
 *
 * Throws `NPM_REGISTRY_UNKNOWN` when npm is not there or does not say.
 */
export async function npmRegistry({ env, cacheDirectory, command = ['npm'], signal }: NpmRegistryOptions): Promise<string> {
  const memory = remembered(join(cacheDirectory, 'npm-registry.json'), isAnswer);
  // Hashed, because such variables hold tokens too.
  const relevant = Object.entries(env).filter(([name]) => /^npm_config_|^(?:HOME|PATH|PREFIX|XDG_CONFIG_HOME)$/iu.test(name));
  const key = digestOf(Buffer.from(JSON.stringify(relevant.sort(([a], [b]) => (a < b ? -1 : 1)))));
  const kept = memory.read();
  if (kept?.key === key && Object.entries(kept.value.files).every(([path, state]) => statKey(path) === state)) return kept.value.registry;

  const answer = await askNpm(command, env, signal);
  const registry = answer['registry']?.replace(/\/*$/u, '/');
  if (registry === undefined || !URL.canParse(registry)) throw unknownRegistry(`it answered '${registry ?? ''}'`);
  const files = [answer['userconfig'], answer['globalconfig']].filter((path) => path !== undefined);
  memory.write(key, { registry, files: Object.fromEntries(files.map((path) => [path, statKey(path)])) });
  return registry;
}

function isAnswer(value: unknown): value is Answer {
  const { registry, files } = (value ?? {}) as Partial<Record<keyof Answer, unknown>>;
  return typeof registry === 'string' && typeof files === 'object' && files !== null && Object.values(files).every((state) => typeof state === 'string');
}

/** Asked in the root folder, where no project's settings are. */
async function askNpm(command: readonly string[], env: NpmRegistryOptions['env'], signal: AbortSignal | undefined): Promise<Readonly<Record<string, string>>> {
  try {
    const { exitCode, stdout, stderr } = await runProcess([...command, 'config', 'get', ...KEYS], {
      env: { ...definedOnly(env), npm_config_update_notifier: 'false' },
      cwd: '/',
      timeoutMilliseconds: 60_000,
      ...(signal === undefined ? {} : { signal }),
    });
    if (exitCode !== 0) throw unknownRegistry(stderr.trim().split('\n').at(-1) ?? '');
    return Object.fromEntries(
      stdout.split('\n').flatMap((line) => {
        const [, name = '', value = ''] = /^([a-z]+)\s*=\s*"?(.*?)"?$/u.exec(line.trim()) ?? [];
        return name === '' ? [] : [[name, value]];
      }),
    );
  } catch (error) {
    if (error instanceof TspackError && error.code === 'PROCESS_NOT_FOUND') throw unknownRegistry('npm is not installed', error);
    throw error;
  }
}

function definedOnly(env: NpmRegistryOptions['env']): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function unknownRegistry(reason: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'NPM_REGISTRY_UNKNOWN',
    message: `Cannot ask npm for its registry: ${reason}`,
    nextStep: "Install npm, and check that 'npm config get registry' prints an address.",
    cause,
  });
}
