import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext } from '../../../src/sdk/index.ts';

/**
 * A layer with each program of gems and packages under its own name. As installed they name an interpreter that the image
 * does not have: `/usr/bin/ruby`, or that of the build. Returns their names.
 */
export async function linkPrograms(context: BuildContext, folders: readonly string[], env: Readonly<Record<string, string>>): Promise<ReadonlySet<string>> {
  const programs = new Map(folders.flatMap((folder) => rubyPrograms(folder).map((name) => [plainName(name), join(folder, name)] as const)).reverse());
  await context.layer({
    name: 'programs',
    title: 'programs of gems',
    types: { launch: true },
    inputs: [
      { name: 'programs', value: JSON.stringify([...programs].sort()) },
      { name: 'layer format', value: '1' },
      { name: 'settings', value: JSON.stringify(env) },
    ],
    create({ path, setEnv }) {
      mkdirSync(join(path, 'bin'), { recursive: true });
      for (const [name, program] of programs) {
        writeFileSync(join(path, 'bin', name), `#!/usr/bin/env ruby\nload ${JSON.stringify(program)}\n`);
        chmodSync(join(path, 'bin', name), 0o755);
      }
      for (const [name, value] of Object.entries(env)) {
        // Before the folders of packages, whose programs cannot be started themselves.
        if (name === 'PATH') setEnv('launch', name, 'prepend', [join(path, 'bin'), value].join(':'), ':');
        else if (name === 'LD_LIBRARY_PATH') setEnv('launch', name, 'prepend', value, ':');
        else setEnv('launch', name, name.startsWith('GEM_') || name === 'RUBYLIB' ? 'override' : 'default', value);
      }
      return {};
    },
  });
  return new Set(programs.keys());
}

/** `bundle3.3` is what Debian calls the `bundle` of its Ruby. */
function plainName(name: string): string {
  return name.replace(/3\.3$/, '');
}

/** Scripts that Ruby interprets, by their first line. */
function rubyPrograms(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => /^#!.*\bruby[0-9.]*\s/.test(firstBytes(join(folder, name))));
}

function firstBytes(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(128);
    return buffer.toString('latin1', 0, readSync(descriptor, buffer));
  } finally {
    closeSync(descriptor);
  }
}
