/** What the kernel says about namespaces on this machine; undefined where it says nothing. */
export interface NamespaceFacts {
  /** `kernel.unprivileged_userns_clone` (Debian's and Arch's kernels). */
  readonly unprivilegedUserNamespaces: string | undefined;
  /** `user.max_user_namespaces`. */
  readonly maxUserNamespaces: string | undefined;
  /** `kernel.apparmor_restrict_unprivileged_userns` (Ubuntu 23.10 and later). */
  readonly appArmorRestriction: string | undefined;
  /** `Seccomp` of `/proc/self/status`: 2 where system calls are filtered. */
  readonly seccomp: string | undefined;
  /** Whether a file system is mounted at `/`, as this process sees it; not so in most chroots. */
  readonly rootIsMount: boolean | undefined;
  /** Whether this is a container of Docker or Podman. */
  readonly inContainer: boolean;
}

export interface Refusal {
  readonly reason: string;
  readonly nextStep: string;
}

const CONTAINER_OPTIONS = '--security-opt seccomp=unconfined --security-opt systempaths=unconfined';

/** Reads what {@link explainRefusal} needs. `readFile` gives undefined for a file that cannot be read. */
export function readNamespaceFacts(readFile: (path: string) => string | undefined): NamespaceFacts {
  const sysctl = (name: string): string | undefined => readFile(`/proc/sys/${name}`)?.trim();
  const mounts = readFile('/proc/self/mountinfo');
  return {
    unprivilegedUserNamespaces: sysctl('kernel/unprivileged_userns_clone'),
    maxUserNamespaces: sysctl('user/max_user_namespaces'),
    appArmorRestriction: sysctl('kernel/apparmor_restrict_unprivileged_userns'),
    seccomp: /^Seccomp:\s*(\d)/mu.exec(readFile('/proc/self/status') ?? '')?.[1],
    rootIsMount: mounts === undefined ? undefined : mounts.split('\n').some((line) => line.split(' ')[4] === '/'),
    inContainer: readFile('/.dockerenv') !== undefined || readFile('/run/.containerenv') !== undefined,
  };
}

/** Why bubblewrap could not make its sandbox, and what to do; `said` is its own message. */
export function explainRefusal(said: string, facts: NamespaceFacts): Refusal {
  if (facts.maxUserNamespaces === '0') {
    return {
      reason: 'User namespaces are switched off (user.max_user_namespaces is 0)',
      nextStep: "Ask the administrator to run 'sysctl -w user.max_user_namespaces=15000', or build with Docker or Podman.",
    };
  }
  if (facts.unprivilegedUserNamespaces === '0') {
    return {
      reason: 'User namespaces are reserved to root (kernel.unprivileged_userns_clone is 0)',
      nextStep: "Ask the administrator to run 'sysctl -w kernel.unprivileged_userns_clone=1', or build with Docker or Podman.",
    };
  }
  if (facts.appArmorRestriction === '1' && /uid map|permission denied|loopback|not permitted|permissions/iu.test(said)) {
    return {
      reason: 'AppArmor restricts user namespaces to programs with a profile (kernel.apparmor_restrict_unprivileged_userns is 1)',
      nextStep:
        "Install the distribution's bubblewrap with a profile that has 'userns,' for /usr/bin/bwrap (package apparmor-profiles has one), or ask for 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0', or build with Docker or Podman.",
    };
  }
  if (/can't mount proc/iu.test(said)) {
    return {
      reason: 'A new /proc cannot be mounted, because parts of the present one are hidden',
      nextStep: `Start the container with ${CONTAINER_OPTIONS}.`,
    };
  }
  if (/namespace|uid map/iu.test(said) && facts.seccomp === '2') {
    return {
      reason: facts.inContainer ? "The container's seccomp profile forbids user namespaces" : 'A seccomp filter on this process forbids user namespaces',
      nextStep: `Start the container with ${CONTAINER_OPTIONS}, or build on its host.`,
    };
  }
  if (/namespace/iu.test(said) && /no space|exceeded/iu.test(said)) {
    return {
      reason: `The limit of namespaces is reached (user.max_user_namespaces is ${facts.maxUserNamespaces ?? 'unknown'}, or they are nested too deeply)`,
      nextStep: 'Raise user.max_user_namespaces, or run tspack outside of the surrounding sandbox.',
    };
  }
  if (/namespace/iu.test(said) && facts.rootIsMount !== true) {
    return {
      reason: 'This is a chroot, and the kernel makes no user namespaces in a chroot',
      nextStep: 'Enter the root with pivot_root in a mount namespace of its own (unshare, systemd-nspawn, bwrap) instead of chroot.',
    };
  }
  if (/namespace/iu.test(said)) {
    return {
      reason: `User namespaces are not allowed here (${said.split(', likely')[0] ?? said}); a chroot or a security module does that`,
      nextStep: 'Build outside of the chroot, or with Docker or Podman.',
    };
  }
  return { reason: `bubblewrap failed: ${said === '' ? 'it said nothing' : said}`, nextStep: "Run 'tspack doctor' to see what this machine offers." };
}
