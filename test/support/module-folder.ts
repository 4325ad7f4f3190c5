import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files by path; `bin/*` are executable. */
export function writeFolder(directory: string, files: Readonly<Record<string, string>>): string {
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, path.startsWith('bin/') ? 0o755 : 0o644);
  }
  return directory;
}

/** A shell buildpack that takes part and does nothing. */
export function writeBuildpack(directory: string, id: string, version = '1.2.3', more = '[[targets]]\nos = "linux"\narch = "amd64"\n'): string {
  const descriptor = `api = "0.10"\n[buildpack]\nid = "${id}"\nversion = "${version}"\nname = "Hello & <co>"\nhomepage = "https://example.com/?a=1&b=2"\n${more}`;
  return writeFolder(directory, { 'buildpack.toml': descriptor, 'bin/detect': '#!/bin/sh\n', 'bin/build': '#!/bin/sh\n' });
}

/** A composite of one group. */
export function writeComposite(directory: string, id: string, members: readonly string[]): string {
  const group = members.map((name) => `[[order.group]]\nid = "${name.split('@')[0]}"\nversion = "${name.split('@')[1]}"\n`).join('');
  return writeFolder(directory, { 'buildpack.toml': `api = "0.10"\n[buildpack]\nid = "${id}"\nversion = "0.0.1"\n[[order]]\n${group}` });
}
