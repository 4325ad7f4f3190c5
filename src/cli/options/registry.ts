import { usageError } from '../usage-error.ts';

/** The host of a registry, which may be written as an address; Docker Hub without one. Throws `USAGE`. */
export function parseRegistry(text: string | undefined): string {
  if (text === undefined || text === '') return 'docker.io';
  const host = text.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '');
  if (/^[A-Za-z0-9.-]+(?::\d{1,5})?$|^\[[0-9a-fA-F:]+\](?::\d{1,5})?$/.test(host)) return host;
  throw usageError(`Cannot log in to "${text}": want a host, such as registry.example.com or localhost:5000`);
}
