import { mkdirSync, writeFileSync, chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes files below a folder; those in a `bin` are executable. */
export function writeFiles(directory: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, /(?:^|\/)bin\/[^/]+$/.test(name) ? 0o755 : 0o644);
  }
  // The umask of whoever runs the tests must not show in layers.
  chmodSync(directory, 0o755);
  return directory;
}

/** A buildpack for bash that writes down where it runs, who it is and what it sees of the specification's places. */
export const PROBE = {
  'buildpack.toml': 'api = "0.10"\n[buildpack]\nid = "acme/probe"\nversion = "1.0.0"\nname = "Probe"\nhomepage = "https://example.org/probe"\n',
  'bin/detect': `#!/usr/bin/env bash
set -euo pipefail
[[ -f app.txt ]] || exit 100
printf '[[provides]]\\nname = "probe"\\n[[requires]]\\nname = "probe"\\n' > "$2"
`,
  'bin/build': `#!/usr/bin/env bash
set -euo pipefail
shopt -s nullglob
mkdir -p "$1/info/env.launch"
{
  id -u; id -g; id -un; pwd; echo "$HOME"; whoami
  echo "$CNB_BUILDPACK_DIR" "$0" "$1" "$2"
  echo "$CNB_TARGET_OS $CNB_TARGET_ARCH $CNB_TARGET_DISTRO_NAME $CNB_TARGET_DISTRO_VERSION $CNB_STACK_ID"
  ls -d /cnb/buildpacks/acme_probe/1.0.0 /cnb/order.toml /cnb/lifecycle /platform/env /layers
  cat /etc/build-marker "$(readlink -f /cnb/linked)"
  echo "$OPERATOR" "$USER_VARIABLE"
  cat "$3"
} > "$1/info/facts"
printf world > "$1/info/env.launch/HELLO.override"
printf '[types]\\nlaunch = true\\n[metadata]\\nanswer = 42\\n' > "$1/info.toml"
printf '[[processes]]\\ntype = "web"\\ncommand = ["cat", "app.txt"]\\ndefault = true\\n[[labels]]\\nkey = "made.by"\\nvalue = "probe"\\n' > "$1/launch.toml"
`,
} as const;

/** A buildpack in Python, of an older API. */
export const SNAKE = {
  'buildpack.toml': 'api = "0.8"\n[buildpack]\nid = "acme/snake"\nversion = "0.0.1"\n[[stacks]]\nid = "*"\n',
  'bin/detect': '#!/usr/bin/env python3\nimport sys\nsys.exit(0)\n',
  'bin/build': `#!/usr/bin/env python3
import os, sys
layer = os.path.join(sys.argv[1], "snake")
os.makedirs(os.path.join(layer, "bin"))
path = os.path.join(layer, "bin", "hiss")
with open(path, "w") as file: file.write("#!/bin/sh\\necho hiss\\n")
os.chmod(path, 0o755)
with open(layer + ".toml", "w") as file: file.write("[types]\\nlaunch = true\\nbuild = true\\n")
with open(os.path.join(sys.argv[1], "launch.toml"), "w") as file:
    file.write('[[processes]]\\ntype = "hiss"\\ncommand = "hiss"\\nargs = ["a"]\\ndirect = true\\n')
`,
} as const;

/** A composite of the two. */
export const BOTH = {
  'buildpack.toml':
    'api = "0.10"\n[buildpack]\nid = "acme/both"\nversion = "2.0.0"\n[[order]]\n[[order.group]]\nid = "acme/snake"\nversion = "0.0.1"\noptional = true\n[[order.group]]\nid = "acme/probe"\nversion = "1.0.0"\n',
} as const;
