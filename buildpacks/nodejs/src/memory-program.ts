/**
 * Run by the launcher before a process (`buildpack.md#execd`): three quarters of the container's memory limit become V8's limit of
 * the old generation, unless the user has set one. A shell script, because it takes a millisecond; the same in JavaScript takes 40 and
 * would load whatever the user's NODE_OPTIONS preload. An image without limit or cgroup files keeps V8's own choice.
 */
export const MEMORY_PROGRAM = `#!/bin/sh
case \${NODE_OPTIONS-} in *max-old-space-size* | *max_old_space_size*) exit 0 ;; esac
limit=
for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
  if [ -r "$file" ]; then
    read -r limit < "$file"
    break
  fi
done
case $limit in '' | *[!0-9]*) exit 0 ;; esac
# Version 1 of cgroups writes a number near 2^63 for "no limit".
if [ \${#limit} -gt 15 ]; then exit 0; fi
megabytes=$((limit / 1048576 * 3 / 4))
if [ "$megabytes" -lt 32 ]; then exit 0; fi
# What the user has set stays; backslashes and quotes have a meaning in TOML's basic strings, so such a value is left alone.
case \${NODE_OPTIONS-} in *[\\\\\\"]*) exit 0 ;; esac
printf 'NODE_OPTIONS = "%s--max-old-space-size=%s"\\n' "\${NODE_OPTIONS:+$NODE_OPTIONS }" "$megabytes" >&3
`;
