/**
 * Run by the launcher before a process (`buildpack.md#execd`): divides the container's memory limit into heap and what the JVM needs besides. A
 * shell script, because it takes two milliseconds; a program in Java would take two hundred.
 *
 * Besides the heap there are the compiled code (240 MiB at most), 1 MiB for each thread's stack, the classes (5,800 bytes each, of those that are
 * loaded) and 10 MiB of direct buffers. What is left is the heap, unless that is less than two fifths of the limit: then the whole calculation is
 * too careful for so small a container, and a share of the limit is said instead. Only the heap is limited: a limit on classes or buffers that is
 * guessed too low would end an application that has room. Nothing here keeps one from starting: without a limit, or with files that cannot be
 * read, the JVM chooses.
 */
export const MEMORY_PROGRAM = `#!/bin/sh
options=\${JAVA_TOOL_OPTIONS-}
case $options in *"'''"*) exit 0 ;; esac
add() { options="\${options:+$options }$1"; }
say() { printf "JAVA_TOOL_OPTIONS = '''%s'''\\n" "$options" >&3; }
number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; [ \${#1} -le 9 ]; }

case $options in *ExitOnOutOfMemoryError* | *CrashOnOutOfMemoryError*) ;; *) add -XX:+ExitOnOutOfMemoryError ;; esac
case " $options" in *" -Xmx"* | *MaxHeapSize* | *RAMPercentage* | *RAMFraction*) say; exit 0 ;; esac

limit=
for file in "\${TSPACK_CGROUP_ROOT:-/sys/fs/cgroup}"/memory.max "\${TSPACK_CGROUP_ROOT:-/sys/fs/cgroup}"/memory/memory.limit_in_bytes; do
  if [ -r "$file" ]; then
    read -r limit < "$file" || :
    break
  fi
done
# Version 1 of cgroups writes a number near 2^63 for "no limit", version 2 the word "max".
case $limit in '' | *[!0-9]*) say; exit 0 ;; esac
if [ \${#limit} -gt 15 ]; then say; exit 0; fi

total=$((limit / 1024))
threads=250
if number "\${BPL_JVM_THREAD_COUNT-}"; then threads=$BPL_JVM_THREAD_COUNT; fi
classes=\${TSPACK_JAVA_CLASS_COUNT-}
number "$classes" || classes=20000
# A third of all classes is ever loaded, as long as nobody says more.
loaded=$(((classes + 24000) * 35 / 100))
if number "\${BPL_JVM_LOADED_CLASS_COUNT-}"; then loaded=$BPL_JVM_LOADED_CLASS_COUNT; fi
headroom=0
if number "\${BPL_JVM_HEAD_ROOM-}" && [ "$BPL_JVM_HEAD_ROOM" -lt 100 ]; then headroom=$BPL_JVM_HEAD_ROOM; fi

metaspace=$((14336 + loaded * 5800 / 1024))
heap=$((total - metaspace - 245760 - threads * 1024 - 10240 - total * headroom / 100))
if [ "$heap" -lt $((total * 2 / 5)) ]; then
  # The JVM's own way to say it; smaller containers need a larger share for everything but the heap.
  if [ "$total" -lt 262144 ]; then add -XX:MaxRAMPercentage=45.0; else add -XX:MaxRAMPercentage=60.0; fi
else
  add "-Xmx\${heap}K"
fi
say
`;
