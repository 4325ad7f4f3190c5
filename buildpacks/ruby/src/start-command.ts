import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serverMissing, startMissing } from './errors.ts';

/** How the application starts, and what decided it. */
export interface StartCommand {
  readonly command: readonly string[];
  readonly reason: string;
}

/** `hasProgram` tells whether a gem or package has a program of that name. Throws `RUBY_START_MISSING`, `RUBY_SERVER_MISSING`. */
export function chooseStart(directory: string, hasGemfile: boolean, hasProgram: (name: string) => boolean): StartCommand {
  const has = (name: string) => existsSync(join(directory, name));
  const bundled = hasGemfile ? 'bundle exec ' : '';
  // Only a shell fills in PORT; exec has the server take its place, so that it gets signals itself.
  const shell = (line: string) => ['bash', '-c', `exec ${bundled}${line}`];
  if (has('bin/rails')) return { command: shell('rails server -b 0.0.0.0 -p "${PORT:-8080}"'), reason: 'bin/rails' };
  if (has('config.ru')) {
    if (hasProgram('puma'))
      return { command: shell(`puma ${has('config/puma.rb') ? '-C config/puma.rb ' : ''}-b "tcp://0.0.0.0:\${PORT:-8080}"`), reason: 'config.ru, by puma' };
    if (hasProgram('rackup')) return { command: shell('rackup -o 0.0.0.0 -p "${PORT:-8080}" config.ru'), reason: 'config.ru, by rackup' };
    throw serverMissing();
  }
  const script = ['app.rb', 'server.rb', 'main.rb'].find(has);
  if (script === undefined) throw startMissing();
  return { command: hasGemfile ? ['bundle', 'exec', 'ruby', script] : ['ruby', script], reason: script };
}
