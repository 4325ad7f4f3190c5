import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As the targets of the benchmark say (docs/benchmarks.md). */
export const BUILDPACKS = 40;
export const MATCHING = 3;
export const LAYERS = 30;

const FILES_A_LAYER = 100;
const FILE_BYTES = 10_000;

/** Makes each layer once, of files that do not compress; when it is restored, it is left as it is. */
const BUILD = `#!/bin/bash
set -e
for layer in $(seq 1 ${LAYERS / MATCHING}); do
  folder="$CNB_LAYERS_DIR/layer-$layer"
  if [ ! -d "$folder" ]; then
    mkdir "$folder"
    for file in $(seq 1 ${FILES_A_LAYER}); do head -c ${FILE_BYTES} /dev/urandom > "$folder/file-$file"; done
  fi
  printf '[types]\\nlaunch = true\\ncache = true\\n' > "$folder.toml"
done
`;

/**
 * Packages a composite buildpack whose order has that many optional buildpacks, of which the last take part. Both tools
 * take the same file. Returns its path.
 */
export function packageOrder(directory: string, pack: string, env: NodeJS.ProcessEnv): string {
  const name = (index: number) => `bench/part-${index}`;
  const indexes = Array.from({ length: BUILDPACKS }, (_, index) => index + 1);
  const write = (folder: string, file: string, text: string, mode = 0o644) => {
    mkdirSync(join(directory, folder, 'bin'), { recursive: true });
    writeFileSync(join(directory, folder, file), text, { mode });
  };
  for (const index of indexes) {
    const folder = `part-${index}`;
    write(folder, 'buildpack.toml', `api = "0.10"\n[buildpack]\nid = "${name(index)}"\nversion = "1.0.0"\n[[targets]]\nos = "linux"\n`);
    write(folder, 'bin/detect', `#!/bin/sh\nexit ${index > BUILDPACKS - MATCHING ? 0 : 100}\n`, 0o755);
    write(folder, 'bin/build', BUILD, 0o755);
  }
  const group = indexes.map((index) => `[[order.group]]\nid = "${name(index)}"\nversion = "1.0.0"\noptional = true\n`).join('');
  write('order', 'buildpack.toml', `api = "0.10"\n[buildpack]\nid = "bench/order"\nversion = "1.0.0"\n[[order]]\n${group}`);
  const dependencies = indexes.map((index) => `[[dependencies]]\nuri = "../part-${index}"\n`).join('');
  write('order', 'package.toml', `[buildpack]\nuri = "."\n${dependencies}`);
  const file = join(directory, 'order.cnb');
  const args = ['buildpack', 'package', file, '--format', 'file', '--config', join(directory, 'order/package.toml'), '--target', 'linux/amd64'];
  execFileSync(pack, args, { env, stdio: ['ignore', 2, 2] });
  return file;
}
