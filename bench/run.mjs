// `npm run bench [-- --help]`: bundles bench/bench.ts, as users' Node runs no TypeScript, and starts it.
import { build } from 'esbuild';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundle = join(root, 'dist/bench.mjs');

await import(pathToFileURL(join(root, 'scripts/setup.mjs')).href).then(({ setUp }) => setUp());
await build({
  absWorkingDir: root,
  entryPoints: ['bench/bench.ts'],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.18',
  logLevel: 'warning',
  loader: { '.wasm': 'binary' },
  external: ['openpgp'],
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
await import(pathToFileURL(bundle).href);
