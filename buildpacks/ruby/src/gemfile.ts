import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type RuntimeVersionRequest } from '../../../src/sdk/index.ts';

/** What the application says about its gems; what a Gemfile does is Ruby's business. */
export interface GemFiles {
  /** `Gemfile` or `gems.rb`. */
  readonly name: string;
  readonly hasLock: boolean;
  /** Names of gems in the lockfile, or those that the Gemfile names in plain words. */
  readonly gems: ReadonlySet<string>;
  readonly digest: string;
}

export const GEMFILES = ['Gemfile', 'gems.rb'];

/** undefined without a Gemfile. */
export function readGemFiles(directory: string): GemFiles | undefined {
  const name = GEMFILES.find((each) => existsSync(join(directory, each)));
  if (name === undefined) return undefined;
  const gemfile = readFileSync(join(directory, name), 'utf8');
  const lock = readText(join(directory, lockName(name)));
  const named = [...gemfile.matchAll(/^\s*gem\s*\(?\s*["']([\w.-]+)["']/gm)].map(([, gem]) => gem!);
  const locked = [...(lock ?? '').matchAll(/^ {4}([\w.-]+) \([^)]+\)$/gm)].map(([, gem]) => gem!);
  return { name, hasLock: lock !== undefined, gems: new Set(lock === undefined ? named : locked), digest: digestOf(`${gemfile}\0${lock ?? ''}`) };
}

/** `Gemfile.lock`, `gems.locked`. */
export function lockName(gemfile: string): string {
  return gemfile === 'gems.rb' ? 'gems.locked' : `${gemfile}.lock`;
}

/** Every version of Ruby that is asked for, what counts most first. */
export function readRubyRequests(directory: string, env: Readonly<Record<string, string>>): readonly RuntimeVersionRequest[] {
  const setting = env['BP_RUBY_VERSION'];
  const gemfile = GEMFILES.find((each) => existsSync(join(directory, each)));
  const line = gemfile === undefined ? null : /^\s*ruby\s*\(?\s*((?:["'][^"']+["']\s*,?\s*)+)/m.exec(readFileSync(join(directory, gemfile), 'utf8'));
  const wanted = [...(line?.[1] ?? '').matchAll(/["']([^"']+)["']/g)].map(([, text]) => text!).join(', ');
  const file = readText(join(directory, '.ruby-version'))?.trim().split('\n')[0]?.trim();
  const tools = /^ruby\s+(\S+)/m.exec(readText(join(directory, '.tool-versions')) ?? '')?.[1];
  return [
    ...(setting === undefined || setting === '' ? [] : [{ text: setting, place: 'BP_RUBY_VERSION' }]),
    ...(wanted === '' ? [] : [{ text: wanted, place: gemfile! }]),
    ...(file === undefined || file === '' ? [] : [{ text: file.replace(/^ruby-/, ''), place: '.ruby-version' }]),
    ...(tools === undefined ? [] : [{ text: tools, place: '.tool-versions' }]),
  ];
}

function readText(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
