import { usageError } from '../usage-error.ts';

/** What `--network` says. */
export interface ParsedNetwork {
  readonly network: 'host' | 'none';
  readonly warnings: readonly string[];
}

/** `host` or `none`; Docker's `default` and `bridge` reach what `host` does. Other networks of a daemon are refused with `USAGE`. */
export function parseNetwork(text: string): ParsedNetwork {
  if (text === 'host' || text === 'none') return { network: text, warnings: [] };
  if (text === 'default' || text === 'bridge') return { network: 'host', warnings: [`Using the network of this machine in the place of --network ${text}`] };
  throw usageError(`Cannot connect buildpacks to the network "${text}": want host or none`, 'Networks of Docker need a daemon; use --network host');
}
