import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/foundation/index.ts';

export interface BenchOptions {
  readonly repetitions: number;
  /** Folder of applications by name. */
  readonly applications: string;
  readonly names: readonly string[];
  /** Folder of pack and the lifecycle, which are built into it when they are not there. */
  readonly reference: string;
  /** Where the folder for everything else is made, which is gone in the end. */
  readonly workDirectory: string;
  readonly output: string;
  /** Only the phases of the lifecycle, which are printed and not written. */
  readonly onlyLifecycle: boolean;
}

const USAGE = `Compares tspack with pack and the reference lifecycle. Needs root, Docker, docker-registry and Go.

npm run bench -- [--repetitions 3] [--apps FOLDER] [--app NAME]... [--reference FOLDER] [--work FOLDER] [--output FILE] [--lifecycle]

--apps        folder of applications (default: $TSPACK_TEST_APPS, else samples/)
--app         which of them (default: node-express-pug and node-next-app where they are, else nodejs)
--reference   folder for pack and the lifecycle (default: $TSPACK_TEST_REFERENCE, else a cache folder)
--work        where a temporary folder of some gigabytes is made (default: /var/tmp)
--output      the Markdown file to write (default: docs/benchmarks.md)
--lifecycle   only detection and export of an order of 40 buildpacks; nothing is written
`;

/** Reads the command line; undefined after `--help`. */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      repetitions: { type: 'string', default: '3' },
      apps: { type: 'string', default: process.env['TSPACK_TEST_APPS'] ?? join(packageRoot(), 'samples') },
      app: { type: 'string', multiple: true },
      reference: {
        type: 'string',
        default: process.env['TSPACK_TEST_REFERENCE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tspack-bench/reference'),
      },
      work: { type: 'string', default: '/var/tmp' },
      output: { type: 'string', default: join(packageRoot(), 'docs/benchmarks.md') },
      lifecycle: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return undefined;
  }
  const repetitions = Number(values.repetitions);
  if (!Number.isInteger(repetitions) || repetitions < 1) throw new Error(`Cannot repeat "${values.repetitions}" times: want a whole number from 1 on`);
  const isSamples = values.apps === join(packageRoot(), 'samples');
  return {
    repetitions,
    applications: values.apps,
    names: values.app ?? (isSamples ? ['nodejs'] : ['node-express-pug', 'node-next-app']),
    reference: values.reference,
    workDirectory: values.work,
    output: values.output,
    onlyLifecycle: values.lifecycle,
  };
}
