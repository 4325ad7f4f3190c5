import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { CommandRunner } from '../../src/sdk/index.ts';

/** Versions that the fake module proxy has, by Go's own names. */
export const GO_VERSIONS = ['1.20', '1.21.13', '1.25.14', '1.26rc1', '1.26.0', '1.26.1', '1.26.11', '1.27.4', '1.28rc1'];

/** A `go` without a network: it reads packages of the application as `go list` would, and "builds" files that hold their package's path. */
export function createFakeGo() {
  const fake = {
    /** Command lines without `-f` and its template. */
    calls: [] as string[],
    /** Environment of the last call. */
    env: {} as Readonly<Record<string, string>>,
    /** Prints this and fails, for command lines that begin with the key. */
    failures: new Map<string, string>(),
    run: undefined as unknown as CommandRunner,
  };
  fake.run = ({ command, cwd, env, output }) => {
    const [, ...args] = command;
    const line = args.filter((arg) => !arg.includes('{{')).join(' ');
    fake.calls.push(line);
    fake.env = env;
    const failure = [...fake.failures].find(([start]) => line.startsWith(start))?.[1];
    const answer = failure ?? compileErrors(args, cwd);
    if (answer !== undefined) {
      output(answer);
      return Promise.resolve({ exitCode: 1, signal: undefined, tail: answer, stdout: '' });
    }
    const stdout = answerTo(args, cwd, env);
    output(stdout);
    return Promise.resolve({ exitCode: 0, signal: undefined, tail: stdout, stdout });
  };
  return fake;
}

function answerTo(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): string {
  const line = args.join(' ');
  if (line === 'list -m -versions go') return `go ${GO_VERSIONS.join(' ')}\n`;
  if (line.startsWith('mod download -json')) return installToolchain(args[3]!, env['GOMODCACHE']!);
  if (args[0] === 'list') return listPackages(cwd, args.slice(args.indexOf('-f') + 2));
  if (args[0] === 'build') return buildPrograms(args);
  if (line.startsWith('version -m')) return args.slice(2).map(buildInfo).join('');
  throw new Error(`The fake go does not know "${line}"`);
}

function installToolchain(module: string, cache: string): string {
  const directory = join(cache, module);
  const version = /-go(.*)\.linux/.exec(module)![1]!;
  for (const folder of ['bin', 'pkg/tool/linux_amd64', 'src', 'test']) mkdirSync(join(directory, folder), { recursive: true });
  writeFileSync(join(directory, 'bin/go'), '');
  writeFileSync(join(directory, 'VERSION'), `go${version}\n`);
  return JSON.stringify({ Path: 'golang.org/toolchain', Dir: directory });
}

interface FakePackage {
  readonly path: string;
  readonly directory: string;
  readonly name: string;
  readonly imports: readonly string[];
  readonly embeds: readonly string[];
  readonly ignored: readonly string[];
}

/** Folders below the root with Go files; `module` is the path of go.mod. */
function readPackages(root: string): readonly FakePackage[] {
  const module = /^module (\S+)/m.exec(existsSync(join(root, 'go.mod')) ? readFileSync(join(root, 'go.mod'), 'utf8') : 'module workspace')![1]!;
  const packages: FakePackage[] = [];
  const visit = (directory: string) => {
    const entries = readdirSync(directory, { withFileTypes: true });
    const files = entries.filter(({ name }) => name.endsWith('.go')).map(({ name }) => [name, readFileSync(join(directory, name), 'utf8')] as const);
    const used = files.filter(([, text]) => !text.includes('import "C"')).map(([, text]) => text);
    if (used.length > 0) {
      const text = used.join('\n');
      packages.push({
        path: [module, relative(root, directory)].filter((part) => part !== '').join('/'),
        directory,
        name: /^package (\w+)/m.exec(text)![1]!,
        imports: [...text.matchAll(/^import "(.*)"/gm)].map(([, path]) => path!),
        embeds: [...text.matchAll(/^\/\/go:embed (.*)/gm)].flatMap(([, patterns]) => patterns!.split(' ')),
        ignored: files.filter(([, content]) => content.includes('import "C"')).map(([name]) => name),
      });
    }
    for (const entry of entries) if (entry.isDirectory()) visit(join(directory, entry.name));
  };
  visit(root);
  return packages;
}

function listPackages(root: string, patterns: readonly string[]): string {
  const packages = readPackages(root);
  const matches = (one: FakePackage, pattern: string) => {
    const path = `./${relative(root, one.directory)}`.replace(/\/$/, '').replace(/^\.\/$/, '.');
    if (!pattern.endsWith('/...')) return path === pattern || one.path === pattern;
    const start = pattern.slice(0, -'/...'.length);
    return (start === '.' || path === start || path.startsWith(`${start}/`)) && !/\/(?:[._]|testdata)/.test(path.slice(1));
  };
  const named = packages.filter((one) => patterns.some((pattern) => matches(one, pattern)));
  const dependencies = packages.filter((one) => !named.includes(one) && named.some(({ imports }) => imports.includes(one.path)));
  const module = /^(?:[^/]+\/){2}[^/]+|^[^/]+/;
  return [...dependencies, ...named]
    .map((one) =>
      [
        one.path,
        one.directory,
        one.name,
        !named.includes(one),
        false,
        module.exec(one.path)![0],
        one.imports.join('|'),
        one.embeds.join('|'),
        one.ignored.join('|'),
      ].join('\t'),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function compileErrors(args: readonly string[], cwd: string): string | undefined {
  if (args[0] !== 'build') return undefined;
  for (const { directory, path } of readPackages(cwd)) {
    if (!args.includes(path)) continue;
    for (const name of readdirSync(directory)) {
      if (!name.endsWith('.go') || !readFileSync(join(directory, name), 'utf8').includes('undefined()')) continue;
      return `# ${path}\n${[relative(cwd, directory), name].filter((part) => part !== '').join('/')}:3:2: undefined: undefined\n`;
    }
  }
  return undefined;
}

function buildPrograms(args: readonly string[]): string {
  const directory = args[args.indexOf('-o') + 1]!;
  for (const path of args.slice(args.indexOf('-o') + 2)) writeFileSync(join(directory, path.split('/').at(-1)!), path, { mode: 0o755 });
  return '';
}

function buildInfo(file: string): string {
  const lines = [
    `${file}: go1.26.11`,
    `\tpath\t${readFileSync(file, 'utf8')}`,
    '\tmod\texample.com/shop\t(devel)\t',
    '\tdep\tgithub.com/BurntSushi/toml\tv1.5.0\th1:W5quZX/G/csjUnuI8SUYlsHs9M38FC7znL0lIO+DvMg=',
    '\tdep\texample.com/old\tv1.0.0',
    '\t=>\texample.com/fork\tv1.1.0+incompatible\th1:W5quZX/G/csjUnuI8SUYlsHs9M38FC7znL0lIO+DvMg=',
  ];
  return lines.map((line) => `${line}\n`).join('');
}
