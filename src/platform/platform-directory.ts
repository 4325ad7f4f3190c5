import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError } from '../foundation/index.ts';

/**
 * Makes `<platform>`: one file a variable under `env/` (platform.md#user-provided-variables), and an empty `bindings/`
 * for what is mounted there. Throws `ENV_NAME_INVALID`.
 */
export function createPlatformDirectory(directory: string, env: Readonly<Record<string, string>>): void {
  for (const folder of ['env', 'bindings']) mkdirSync(join(directory, folder), { recursive: true });
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || name === '.' || name === '..' || /[/\0=]/.test(name)) {
      throw new TspackError({
        code: 'ENV_NAME_INVALID',
        message: `Cannot set the variable "${name}": want a name without "/" and "="`,
        nextStep: 'Write --env NAME=VALUE',
      });
    }
    writeFileSync(join(directory, 'env', name), value);
  }
}
