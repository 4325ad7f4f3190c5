/**
 * Whether the run image has a shell, as far as the builder tells: one without sets `TSPACK_RUN_IMAGE_SHELL` to `false`. Only with a
 * shell may a process be a command line, or a program of exec.d a script.
 */
export function hasShell(env: Readonly<Record<string, string>>): boolean {
  return env['TSPACK_RUN_IMAGE_SHELL'] !== 'false';
}

const IN_RUN_IMAGE =
  /^(?:ld-linux[\w-]*\.so\.[12]|lib(?:c|m|mvec|dl|rt|pthread|util|resolv|nsl|crypt|anl)\.so\.\d|libgcc_s\.so\.1|libstdc\+\+\.so\.6|libatomic\.so\.1|libz\.so\.1|libzstd\.so\.1|lib(?:ssl|crypto)\.so\.3)$/;

/** Whether every bundled run image has the shared library: the C and C++ libraries, compression and OpenSSL. */
export function isInRunImage(library: string): boolean {
  return IN_RUN_IMAGE.test(library);
}
