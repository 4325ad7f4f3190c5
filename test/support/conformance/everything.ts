import type { ScenarioBuildpack } from './scenario.ts';

/** A process as a Buildpack API has it: `script` is run by a shell. */
export function processToml(api: string, type: string, script: string, more = ''): string {
  const command = ['0.7', '0.8'].includes(api) ? JSON.stringify(script) : `["bash", "-c", ${JSON.stringify(script)}]`;
  return `[[processes]]\ntype = "${type}"\ncommand = ${command}\n${more}\n`;
}

/** A buildpack that uses everything its Buildpack API has, and writes the same in each build. */
export function everything(api: string): ScenarioBuildpack {
  return {
    name: `test/all-${api.replace('.', '-')}@1.2.3`,
    api,
    info: `homepage = "https://example.org/${api}?a&b"\nsbom-formats = ["application/vnd.cyclonedx+json", "application/spdx+json; version=2.2"]`,
    toml: '[[stacks]]\nid = "*"\n',
    detect: `cat > "$2" <<TOML
[[provides]]
name = "thing-${api}"
[[requires]]
name = "thing-${api}"
[requires.metadata]
version = "1"
flag = true
TOML`,
    build: `
mkdir -p "$1"/tools/{bin,lib,include,pkgconfig,env/folder,env.build,env.launch/web,profile.d/web,exec.d/web}
echo "from $(basename "$1")" > "$1/tools/file"
printf '#!/bin/bash\\necho tool ${api}\\n' > "$1/tools/bin/tool-${api}"; chmod 755 "$1/tools/bin/tool-${api}"
printf one > "$1/tools/env/PLAIN"
printf 'two lines\\nof bytes \\n' > "$1/tools/env/LINES.override"
printf '%s' '-${api}' > "$1/tools/env/APPENDED.append"
printf , > "$1/tools/env/APPENDED.delim"
printf '%s' '${api}' > "$1/tools/env/PREPENDED.prepend"
printf '${api}' > "$1/tools/env/DEFAULTED.default"
printf x > "$1/tools/env/UNKNOWN.suffix"
printf dots > "$1/tools/env/WITH.DOTS.override"
ln -s PLAIN "$1/tools/env/LINKED"
printf build > "$1/tools/env.build/ONLY_BUILD"
printf launch > "$1/tools/env.launch/ONLY_LAUNCH"
printf web > "$1/tools/env.launch/web/ONLY_WEB"
echo 'export FROM_PROFILE_${api.replace('.', '_')}=yes' > "$1/tools/profile.d/a.sh"
cat > "$1/tools/exec.d/helper" <<'SCRIPT'
#!/bin/bash
echo "EXEC_D_${api.replace('.', '_')} = '$PWD'" >&3
SCRIPT
chmod 755 "$1/tools/exec.d/helper"
cat > "$1/tools.toml" <<TOML
[types]
launch = true
build = true
cache = true
[metadata]
api = "${api}"
list = ["a", "b"]
[metadata.nested]
deep = "<&>"
TOML
echo '{"bomFormat":"CycloneDX"}' > "$1/tools.sbom.cdx.json"
echo '{"spdxVersion":"2.2"}' > "$1/launch.sbom.spdx.json"
echo '{"bomFormat":"CycloneDX"}' > "$1/build.sbom.cdx.json"
cat > "$1/launch.toml" <<'TOML'
[[labels]]
key = "label-${api}"
value = "v <${api}>"
[[labels]]
key = "shared"
value = "${api}"
${processToml(api, `env-${api}`, 'env | grep -v ^_= | sort')}
${processToml(api, 'web', 'echo web $PWD $ONLY_WEB')}
TOML
cat > "$1/store.toml" <<TOML
[metadata]
kept = "${api}"
TOML
`,
  };
}
