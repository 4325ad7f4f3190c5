import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { extractTar } from '../../src/archive/index.ts';
import type { HostPath, ProcessExit, ProcessSpec, RootChange, RootEnvironment, RootWorkshop } from '../../src/executor/index.ts';

/** What a command does to a root. */
export interface FakeRoot {
  readonly spec: ProcessSpec;
  readonly environment: RootEnvironment;
  write(path: string, content: string, mode?: number): void;
  remove(path: string): void;
  /** What is at a path, in the topmost layer that has it. */
  read(path: string): string | undefined;
  print(text: string): void;
}

export type FakeCommand = (root: FakeRoot) => number | Promise<number>;

const WHITEOUT = '.wh.';

/** Layer folders as plain folders with `.wh.` files; commands are functions, found by the last argument of the command. */
export class FakeWorkshop implements RootWorkshop {
  readonly method = 'mapped';
  readonly form = 'fake';
  readonly limits: readonly string[] = [];
  readonly commands: Record<string, FakeCommand>;
  /** Every process that was run. */
  readonly ran: ProcessSpec[] = [];
  readonly opened: RootEnvironment[] = [];
  unpacked = 0;
  readonly owners = new Map<string, { readonly uid: number; readonly gid: number }>();

  constructor(commands: Record<string, FakeCommand> = {}) {
    this.commands = commands;
  }

  async unpack({ directory, layers }: Parameters<RootWorkshop['unpack']>[0]): Promise<void> {
    this.unpacked++;
    mkdirSync(directory);
    for (const open of layers) await extractTar(open(), directory, { dropLeadingSlash: true, symlinks: 'any', specialFiles: 'skip' });
  }

  open(environment: RootEnvironment): ReturnType<RootWorkshop['open']> {
    this.opened.push(environment);
    mkdirSync(environment.upper);
    return Promise.resolve({
      run: (spec) => this.#run(spec, environment),
      changes: () => listChanges(environment.upper),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  }

  remove(directory: HostPath): Promise<void> {
    rmSync(directory, { recursive: true, force: true });
    return Promise.resolve();
  }

  async #run(spec: ProcessSpec, environment: RootEnvironment): Promise<ProcessExit> {
    spec.signal?.throwIfAborted();
    this.ran.push(spec);
    const { upper, lowers } = environment;
    const at = (path: string) => join(upper, path);
    const put = (path: string, content: string) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    };
    const command = this.commands[spec.command.at(-1) ?? ''];
    if (command === undefined) throw new Error(`the test has no command "${spec.command.join(' ')}"`);
    const code = await command({
      spec,
      environment,
      write(path, content, mode = 0o644) {
        put(at(path), content);
        chmodSync(at(path), mode);
      },
      remove(path) {
        rmSync(at(path), { recursive: true, force: true });
        put(join(dirname(at(path)), WHITEOUT + path.split('/').at(-1)!), '');
      },
      read(path) {
        const folder = [upper, ...lowers].find((layer) => existsSync(join(layer, path)));
        return folder === undefined ? undefined : readFileSync(join(folder, path), 'utf8');
      },
      print: (text) => spec.stdout?.(Buffer.from(text)),
    });
    spec.signal?.throwIfAborted();
    return { code, signal: undefined };
  }
}

async function* listChanges(folder: string, relative = ''): AsyncGenerator<RootChange> {
  await Promise.resolve();
  for (const name of readdirSync(join(folder, relative)).sort()) {
    const path = relative === '' ? name : `${relative}/${name}`;
    const stat = lstatSync(join(folder, path));
    const common = { uid: 0, gid: 0, mode: stat.mode & 0o7777 };
    if (name.startsWith(WHITEOUT)) {
      yield { ...common, path: Buffer.from(join(relative, name.slice(WHITEOUT.length))), change: 'removed', type: 'none' };
    } else if (stat.isDirectory()) {
      yield { ...common, path: Buffer.from(path), change: 'added', type: 'directory' };
      yield* listChanges(folder, path);
    } else if (stat.isSymbolicLink()) {
      yield { ...common, path: Buffer.from(path), change: 'added', type: 'symlink', linkTarget: Buffer.from(readlinkSync(join(folder, path))) };
    } else {
      yield { ...common, path: Buffer.from(path), change: 'added', type: 'file', source: join(folder, path) as HostPath, sizeBytes: stat.size };
    }
  }
}
