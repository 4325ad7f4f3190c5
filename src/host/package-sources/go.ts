import { join } from 'node:path';
import type { ToolSettings } from './tool-settings.ts';

/** What decides where Go fetches modules and what it checks them against. */
const VARIABLES = ['GOPROXY', 'GOSUMDB', 'GOPRIVATE', 'GONOPROXY', 'GONOSUMDB', 'GOINSECURE'];

/** Go's variables from the environment, else from the file that `go env -w` writes (`go help environment`). */
export function goSources({ env, configHome, read }: ToolSettings): Readonly<Record<string, string>> {
  const file = env['GOENV'] ?? (configHome === undefined ? 'off' : join(configHome, 'go/env'));
  const written = new Map(
    (file === 'off' ? '' : (read(file) ?? '')).split('\n').flatMap((line): [string, string][] => {
      const [, name = '', value = ''] = /^([A-Z][A-Z0-9_]*)=(.*?)\r?$/u.exec(line) ?? [];
      return value === '' ? [] : [[name, value]];
    }),
  );
  return Object.fromEntries(
    VARIABLES.flatMap((name) => {
      const value = env[name] ?? written.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
