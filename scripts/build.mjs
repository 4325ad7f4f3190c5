// Bundles the command, the library, the workers and the buildpacks into dist/. Users run only dist/.
import { build } from 'esbuild';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const staging = join(root, `dist.${process.pid}.tmp`);

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.18',
  logLevel: 'warning',
  legalComments: 'linked',
  loader: { '.wasm': 'binary' },
  // CommonJS dependencies ask for `require` at run time.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
};

/** Every `*.worker.ts` below src/ becomes `dist/workers/<name>.js`, which `new Worker` can load. */
function workers() {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.worker.ts'))
    .map((entry) => ({ in: join(entry.parentPath, entry.name), out: `workers/${basename(entry.name, '.worker.ts')}` }));
}

/** The programs of the lifecycle lie in one folder of a builder image, without folders in it: pack copies no others. */
async function bundleLifecycle() {
  const outdir = join(staging, 'lifecycle');
  const flat = { ...common, outdir, outExtension: { '.js': '.mjs' }, minifySyntax: true };
  await build({
    ...flat,
    entryPoints: [{ in: 'src/cli/lifecycle-program.ts', out: 'lifecycle' }],
    splitting: true,
    chunkNames: 'chunk-[hash]',
    external: ['openpgp'],
  });
  await build({
    ...flat,
    entryPoints: flatWorkers('archive'),
  });
}

/** Buildpacks whose images need a static program at launch (launch-tool/README.md). */
const WITH_LAUNCH_TOOL = ['ca-certificates', 'static'];

/** A buildpack ships self-contained: its descriptor, its executables and one bundled file. */
async function bundleBuildpack(name) {
  const source = join(root, 'buildpacks', name);
  const target = join(staging, 'buildpacks', name);
  mkdirSync(target, { recursive: true });
  for (const file of ['buildpack.toml', 'README.md', 'bin']) cpSync(join(source, file), join(target, file), { recursive: true });
  const flat = { ...common, outdir: join(target, 'lib'), outExtension: { '.js': '.mjs' }, minifySyntax: true, external: ['openpgp'] };
  await build({ ...flat, entryPoints: [{ in: join(source, 'src/main.ts'), out: 'main' }], splitting: true });
  if (WITH_LAUNCH_TOOL.includes(name)) cpSync(join(root, 'launch-tool/bin'), join(target, 'launch-tool'), { recursive: true });
  if (existsSync(join(source, 'packages'))) await addPackages(source, target, flat);
}

/** What a buildpack that installs Debian packages reads: its locks, the dated archive, and the threads that unpack. */
async function addPackages(source, target, flat) {
  cpSync(join(source, 'packages'), join(target, 'packages'), { recursive: true });
  cpSync(join(root, 'builders/snapshot.toml'), join(target, 'packages/snapshot.toml'));
  cpSync(join(root, 'builders/keyrings'), join(target, 'packages/keyrings'), { recursive: true });
  await build({ ...flat, entryPoints: flatWorkers('debian') });
  copyOpenpgp(join(target, 'lib/node_modules/openpgp'));
}

/** openpgp is LGPL: it stays a package of its own, which anyone may replace. */
function copyOpenpgp(target) {
  const source = join(root, 'node_modules/openpgp');
  const { name, version, license } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  mkdirSync(target, { recursive: true });
  for (const file of ['LICENSE', 'dist/node/openpgp.min.mjs']) cpSync(join(source, file), join(target, basename(file)));
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version, license, type: 'module', exports: './openpgp.min.mjs' }));
}

/** Workers of a room that lie beside the code that starts them. */
function flatWorkers(room) {
  return workers()
    .filter(({ in: file }) => file.includes(`/src/${room}/`))
    .map(({ in: file, out }) => ({ in: file, out: `worker-${basename(out)}` }));
}

const entries = [{ in: 'src/cli/main.ts', out: 'cli' }, { in: 'src/index.ts', out: 'index' }, ...workers()].filter(
  (entry) => existsSync(join(root, entry.in)) || existsSync(entry.in),
);

try {
  // openpgp is LGPL: it stays a package of its own, loaded from node_modules.
  await build({ ...common, entryPoints: entries, outdir: staging, splitting: true, external: ['openpgp'], chunkNames: 'chunks/[name]-[hash]' });
  const buildpacks = existsSync(join(root, 'buildpacks')) ? readdirSync(join(root, 'buildpacks')) : [];
  for (const name of buildpacks) {
    if (existsSync(join(root, 'buildpacks', name, 'buildpack.toml'))) await bundleBuildpack(name);
  }
  await bundleLifecycle();
  // Two renames: a command that starts meanwhile finds the old files or the new ones.
  const replaced = `${staging}.old`;
  if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), replaced);
  renameSync(staging, join(root, 'dist'));
  rmSync(replaced, { recursive: true, force: true });
} finally {
  rmSync(staging, { recursive: true, force: true });
}
