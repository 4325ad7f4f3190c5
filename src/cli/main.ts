/**
 * The command line: argv to options, one call into the library, terminal text and an exit code. It knows nothing of
 * digests, tar, HTTP or TOML keys.
 *
 * @packageDocumentation
 */
import { readVersion } from './version.ts';

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${readVersion()}\n`);
} else {
  const { runAsProcess } = await import('./process.ts');
  await runAsProcess(argv);
}
