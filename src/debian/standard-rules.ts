import type { ExtractRules } from './extract-rules.ts';

/**
 * What changes while packages are unpacked. Directories move below /usr (usrmerge); manuals, translations and
 * documentation are left out, but never a copyright file; so are the entries that fix-ups make themselves.
 */
export const STANDARD_RULES: ExtractRules = {
  renames: ['bin', 'lib', 'lib64', 'sbin'].map((name) => ({ from: name, to: `usr/${name}` })),
  drop: [
    'usr/share/man/**',
    'usr/share/info/**',
    'usr/share/locale/**',
    'usr/share/doc/**',
    'usr/share/doc-base/**',
    'usr/share/lintian/**',
    'usr/share/bug/**',
    'etc/init.d/**',
    'etc/rc?.d',
    'etc/cron.*/**',
    'usr/lib/systemd/system/**',
    'usr/lib/tmpfiles.d/**',
    'var/run',
    'var/run/**',
    'var/lock',
    'var/lock/**',
  ],
  // A package's documentation may be a link to another's, with the copyright file in it.
  keep: ['usr/share/doc/*', 'usr/share/doc/*/copyright'],
};
