import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildContext } from '../../../src/sdk/index.ts';
import { configurationInvalid } from './errors.ts';

/** A configuration to let nginx read. */
export interface ConfigToValidate {
  readonly nginx: string;
  readonly libraries: string;
  readonly template: string;
  /** How the user knows the file, relative to the application: `nginx.conf`. */
  readonly name: string;
}

/** What no build can know, and what a launch may do: names of other services, and ports that only a container gives away. */
const OF_THE_PLACE = /host not found in upstream|could not be resolved|bind\(\) to .* failed/;

/** Has nginx itself read the configuration (`nginx -t`). Throws `STATIC_NGINX_CONFIGURATION_INVALID` with file and line. */
export async function validateConfig(context: BuildContext, config: ConfigToValidate): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  try {
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, fillIn(config.template, folder, context));
    const { exitCode, tail } = await context.run({
      command: [config.nginx, '-t', '-p', context.applicationDirectory, '-e', 'stderr', '-c', file],
      cwd: context.applicationDirectory,
      env: { PATH: context.env['PATH'] ?? '', LD_LIBRARY_PATH: config.libraries },
      output: () => undefined,
    });
    const problems = [...tail.matchAll(/\[(emerg|warn)\](?: \d+#\d+:)? (.*)/g)].map(([, level, text]) => ({
      level,
      ...placed(text!, file, config.name, context),
    }));
    for (const { level, problem, place } of problems) {
      if (level === 'warn' || OF_THE_PLACE.test(problem)) context.log.warning(`${place}: ${problem}`);
      else if (exitCode !== 0) throw configurationInvalid(place, problem);
    }
    if (exitCode !== 0 && problems.length === 0) throw configurationInvalid(config.name, tail.trim().split('\n').at(-1) ?? '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As the launch tool does, with values that any build can have. */
function fillIn(template: string, folder: string, context: BuildContext): string {
  const values: Readonly<Record<string, string>> = {
    port: '8080',
    listenIpv6: '',
    workers: '1',
    tempDir: folder,
    accessLog: '/dev/null',
    bindings: join(context.platformDirectory, 'bindings'),
  };
  return template
    .replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole)
    .replace(/\{\{env "([^"]*)"\}\}/g, (_, name: string) => context.env[name] ?? 'localhost');
}

/** nginx ends its messages with `in /path/nginx.conf:12`. */
function placed(text: string, file: string, name: string, context: BuildContext): { readonly problem: string; readonly place: string } {
  const match = /^(.*) in (\/.*):(\d+)$/.exec(text);
  if (match === null) return { problem: text.replaceAll(file, name), place: name };
  const [, problem, path, line] = match as unknown as [string, string, string, string];
  const known = path === file ? name : path.replace(`${context.applicationDirectory}/`, '');
  return { problem, place: `${known}:${line}` };
}
