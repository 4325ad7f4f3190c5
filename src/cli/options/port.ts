import type { PublishedPort } from '../../index.ts';
import { usageError } from '../usage-error.ts';

const FORM = /^(?:(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<v4>[^:[\]]+)):)?(?:(?<host>\d{1,5}):)?(?<container>\d{1,5})(?:\/tcp)?$/;

/** `[ADDRESS:]HOST:CONTAINER` or `PORT`, as Docker's `-p`; on loopback unless an address is given. Throws `USAGE`. */
export function parsePort(text: string): PublishedPort {
  const parts = FORM.exec(text)?.groups;
  const hasHostPort = parts?.['host'] !== undefined;
  // `8080:80` reads as address and port too: an address is only one when a host port follows it.
  const address = parts?.['v6'] ?? parts?.['v4'];
  if (parts === undefined || (address !== undefined && !hasHostPort && !/^\d{1,5}$/.test(address))) {
    throw usageError(`Cannot read -p "${text}": want HOST:CONTAINER, ADDRESS:HOST:CONTAINER or PORT`, 'Write for example -p 8080:8080');
  }
  const hostText = parts['host'] ?? (address !== undefined ? address : parts['container']);
  return {
    hostAddress: hasHostPort && address !== undefined ? address : '127.0.0.1',
    hostPort: portNumber(hostText ?? '', text),
    containerPort: portNumber(parts['container'] ?? '', text),
  };
}

function portNumber(digits: string, text: string): number {
  const port = Number(digits);
  if (port < 1 || port > 65_535) throw usageError(`Cannot read -p "${text}": a port is a number from 1 to 65535`);
  return port;
}
