import { chmodSync, constants, copyFileSync, linkSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeLifecycle, formatLifecycleDescriptor } from '../cnb/index.ts';
import { digestHex, digestOf } from '../foundation/index.ts';
import type { Clock } from '../foundation/index.ts';
import { componentSboms } from './component-sboms.ts';
import { unpackOnce } from './unpack-once.ts';

export interface LifecyclePackageOptions {
  /** The folder of bundled programs: `dist/lifecycle`. */
  readonly programs: string;
  /** Host path of the launcher. */
  readonly launcher: string;
  /** Host path of the Node that the programs run on: for the architecture of the lifecycle, linked with glibc. */
  readonly node: string;
  readonly nodeVersion: string;
  /** Of tspack. */
  readonly version: string;
  readonly cacheDirectory: string;
  readonly clock: Clock;
}

/** Programs of the specification that are links to one file. `launcher` is a program of its own. */
const PHASES: readonly string[] = ['analyzer', 'builder', 'creator', 'detector', 'exporter', 'extender', 'rebaser', 'restorer'];

/** A part of the key: raise it when the folder is made in another way. */
const LAYOUT_VERSION = 2;

/**
 * The lifecycle as platforms install it (CNB.md C228): a folder with `lifecycle.toml` and `lifecycle/`, which goes to
 * `/cnb/lifecycle` of a builder image. It brings its own Node, so that nothing need be on PATH; it has no folders, because
 * pack copies no others. Made once for each content.
 */
export async function assembleLifecycle(options: LifecyclePackageOptions): Promise<string> {
  const names = readdirSync(options.programs).sort();
  const contents = names.map((name) => [name, digestOf(readFileSync(join(options.programs, name)))]);
  const key = JSON.stringify([LAYOUT_VERSION, contents, digestOf(readFileSync(options.launcher)), options.node, options.nodeVersion, options.version]);
  return await unpackOnce(join(options.cacheDirectory, `lifecycle-${digestHex(digestOf(key))}`), options.clock.now(), (temporary) => {
    fill(temporary, names, options);
    return Promise.resolve();
  });
}

function fill(directory: string, programs: readonly string[], { programs: source, launcher, node, nodeVersion, version }: LifecyclePackageOptions): void {
  const at = (name: string) => join(directory, 'lifecycle', name);
  mkdirSync(join(directory, 'lifecycle'), { mode: 0o755 });
  write(join(directory, 'lifecycle.toml'), formatLifecycleDescriptor(describeLifecycle(version)));
  for (const name of programs) copy(join(source, name), at(name), 0o644);
  write(at('package.json'), `${JSON.stringify({ name: 'tspack-lifecycle', version, private: true, files: programs })}\n`);
  // Not the bundle itself: a file without ending is no ECMAScript module to every Node.
  write(at('lifecycle'), "#!/cnb/lifecycle/node\nimport('/cnb/lifecycle/lifecycle.mjs');\n", 0o755);
  for (const phase of PHASES) symlinkSync('lifecycle', at(phase));
  copy(launcher, at('launcher'), 0o755);
  link(node, at('node'));
  const parts = [{ name: 'node', version: nodeVersion, licence: 'MIT' }];
  for (const [ending, bytes] of Object.entries(componentSboms('launcher', version, []))) write(at(`launcher.sbom.${ending}`), bytes);
  for (const [ending, bytes] of Object.entries(componentSboms('lifecycle', version, parts))) write(at(`lifecycle.sbom.${ending}`), bytes);
}

/** Modes must be the same under every umask. */
function write(path: string, content: Uint8Array | string, mode = 0o644): void {
  writeFileSync(path, content);
  chmodSync(path, mode);
}

function copy(from: string, to: string, mode: number): void {
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  chmodSync(to, mode);
}

/** Node is 120 MB. */
function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copy(from, to, 0o755);
  }
}
