import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseDirectives, type NginxDirective } from './nginx-directives.ts';
import { httpDirectives, mainDirectives, TEMPORARY_PATHS, type NginxFrame } from './nginx-frame.ts';

/** A user's nginx configuration, made fit for a container. */
export interface UserConfig {
  /** A template for the launch tool. Lines have the numbers that they have in the user's file. */
  readonly template: string;
  /** What was changed, for the log. */
  readonly changes: readonly string[];
  /** Files and globs that it includes, absolute. */
  readonly includes: readonly string[];
  /** Whether it listens on `$PORT` somewhere. */
  readonly honoursPort: boolean;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Takes a whole configuration, or one or more `server` blocks. Directives that only make sense for a service of a machine (`user`,
 * `daemon`, `pid`, log files) are replaced, so that it runs as any user with a read-only root; relative includes and modules are found;
 * `$PORT`, `${PORT}` and `{{env "PORT"}}` become the port of the launch. Throws `STATIC_NGINX_CONFIGURATION_INVALID`.
 */
export function adaptUserConfig(text: string, file: string, applicationDirectory: string, frame: NginxFrame): UserConfig {
  const directives = parseDirectives(text, file);
  const top = (name: string) => directives.some((directive) => directive.name === name && directive.context.length === 0);
  const edits: Edit[] = [];
  const changes: string[] = [];
  const includes: string[] = [];
  const replace = (directive: NginxDirective, by: string, change: string) => {
    edits.push({ start: directive.start, end: directive.end, text: by });
    changes.push(change);
  };
  const isSite = top('server') && !top('http');
  for (const directive of directives) {
    const { name, words, context } = directive;
    const [first] = words;
    if (context.length === 0 && ['daemon', 'pid', 'user'].includes(name)) replace(directive, '', `"${name}" is left out: the container decides`);
    else if (name === 'access_log' && first !== undefined && !/^(?:off$|["']?(?:syslog:|\{\{))/.test(first.text)) {
      edits.push({ start: first.start, end: first.end, text: '"{{accessLog}}"' });
      if (first.text !== '/dev/stdout') changes.push(`access_log ${first.text} goes to standard output`);
    } else if (name === 'error_log' && first !== undefined && !/^(?:stderr$|["']?(?:syslog:|memory:|\{\{))/.test(first.text)) {
      edits.push({ start: first.start, end: first.end, text: 'stderr' });
      if (first.text !== '/dev/stderr') changes.push(`error_log ${first.text} goes to standard error`);
    } else if ((name === 'include' || name === 'load_module') && first !== undefined) {
      const found = findFile(unquoted(first.text), dirname(file), applicationDirectory, frame.nginxDirectory);
      edits.push({ start: first.start, end: first.end, text: `"${found}"` });
      if (name === 'include' && found.startsWith(applicationDirectory)) includes.push(found);
    }
    if (directive.opens && name === 'http' && context.length === 0) {
      const own = directives.filter((inner) => inner.context.join(' ') === 'http').map((inner) => inner.name);
      const missing = [...TEMPORARY_PATHS, ['access_log', '"{{accessLog}}"'] as const].filter(([each]) => !own.includes(each));
      edits.push({ start: directive.end, end: directive.end, text: missing.map(([each, value]) => ` ${each} ${value};`).join('') });
    }
  }
  const main = mainDirectives(frame).filter(
    (line) =>
      !directives.some(
        ({ name, context }) => context.length === 0 && line.startsWith(`${name} `) && name !== 'load_module' && !['daemon', 'pid'].includes(name),
      ),
  );
  const lead = [
    ...(isSite ? mainDirectives(frame) : main),
    ...(top('events') ? [] : ['events { worker_connections 1024; }']),
    ...(isSite ? ['http {', ...httpDirectives(frame)] : []),
  ].join(' ');
  const adapted = withPort(`${lead} ${apply(text, edits)}${isSite ? '\n}\n' : ''}`);
  return { template: adapted, changes, includes, honoursPort: /\blisten\b[^;]*\{\{port\}\}/.test(adapted) };
}

/** A file of the application by the place of the configuration or the application; else one of nginx' own; else the name as it is. */
function findFile(name: string, folder: string, applicationDirectory: string, nginxDirectory: string): string {
  const own = name.replace(/^(?:\/etc\/nginx\/|\/usr\/share\/nginx\/)?(?=[^/])/, '');
  const candidates = [
    join(nginxDirectory, 'etc/nginx', own),
    join(nginxDirectory, 'usr/lib/nginx', own),
    join(nginxDirectory, 'usr/lib/nginx/modules', own.replace(/^.*modules\//, '')),
  ];
  if (name.startsWith('/')) return existsSync(name) ? name : (candidates.find((path) => existsSync(path)) ?? name);
  const places = [join(applicationDirectory, folder, name), join(applicationDirectory, name)];
  const before = (path: string) => existsSync(path.includes('*') ? dirname(path.slice(0, path.indexOf('*') + 1)) : path);
  return places.find((path) => before(path)) ?? candidates.find((path) => existsSync(path)) ?? places[0]!;
}

function withPort(text: string): string {
  return text
    .replace(/\$\{PORT\}|\$PORT\b|\{\{\s*env\s+"PORT"\s*\}\}|\{\{\s*port\s*\}\}/g, '{{port}}')
    .replace(/\{\{\s*(tempDir|env\s+"[^"]*")\s*\}\}/g, (_, inner: string) => `{{${inner.replace(/\s+/, ' ')}}}`);
}

function unquoted(word: string): string {
  return /^(["']).*\1$/s.test(word) ? word.slice(1, -1) : word;
}

function apply(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    result += text.slice(at, edit.start) + edit.text;
    // What is taken away keeps its lines, so that nginx names the right ones.
    result += text.slice(edit.start, edit.end).replace(/[^\n]/g, '');
    at = edit.end;
  }
  return result + text.slice(at);
}
