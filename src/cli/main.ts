/**
 * The command line: argv to options, one call into the library, terminal text and an exit code. It knows nothing of
 * digests, tar, HTTP or TOML keys.
 *
 * @packageDocumentation
 */
import { basename } from 'node:path';
import { readVersion } from './version.ts';

/** Links to the command that run a phase of the lifecycle (platform.md#lifecycle-interface). */
const PHASES: readonly string[] = ['analyzer', 'detector', 'restorer', 'extender', 'builder', 'exporter', 'creator', 'rebaser', 'lifecycle'];

const program = basename(process.argv[1] ?? '');
const argv = process.argv.slice(2);
if (PHASES.includes(program) || (argv[0] === 'lifecycle' && argv[1] !== '--help' && argv[1] !== '-h')) {
  const { runLifecycleAsProcess } = await import('./lifecycle.ts');
  await runLifecycleAsProcess(PHASES.includes(program) ? program : 'lifecycle', PHASES.includes(program) ? argv : argv.slice(1));
} else if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${readVersion()}\n`);
} else {
  const { runAsProcess } = await import('./process.ts');
  await runAsProcess(argv);
}
