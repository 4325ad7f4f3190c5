// Bundles the command, the library, the workers and the buildpacks into dist/. Users run only dist/.
import { build } from 'esbuild';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
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

/** A buildpack ships self-contained: its descriptor, its executables and one bundled file. */
async function bundleBuildpack(name) {
  const source = join(root, 'buildpacks', name);
  const target = join(staging, 'buildpacks', name);
  mkdirSync(target, { recursive: true });
  for (const file of ['buildpack.toml', 'README.md', 'bin']) cpSync(join(source, file), join(target, file), { recursive: true });
  await build({
    ...common,
    entryPoints: [{ in: join(source, 'src/main.ts'), out: 'main' }],
    outdir: join(target, 'lib'),
    outExtension: { '.js': '.mjs' },
    minifySyntax: true,
    splitting: true,
  });
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
  // Two renames: a command that starts meanwhile finds the old files or the new ones.
  const replaced = `${staging}.old`;
  if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), replaced);
  renameSync(staging, join(root, 'dist'));
  rmSync(replaced, { recursive: true, force: true });
} finally {
  rmSync(staging, { recursive: true, force: true });
}
