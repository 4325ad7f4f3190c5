/**
 * The programs of the lifecycle, as they lie in a builder image: `analyzer`, `detector` and so on are links to one file,
 * which takes the phase from the name that it is called by.
 *
 * @packageDocumentation
 */
import { basename } from 'node:path';
import { runLifecycleAsProcess } from './lifecycle.ts';

await runLifecycleAsProcess(basename(process.argv[1] ?? ''), process.argv.slice(2));
