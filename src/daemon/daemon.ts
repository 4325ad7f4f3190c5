import type { HttpClient } from '../http/index.ts';

/** A Docker or Podman that answers. */
export interface Daemon {
  readonly name: 'docker' | 'podman';
  /** Of the daemon: `28.2.2`. */
  readonly version: string;
  /** Of the Engine API that is spoken with it: `1.41`. */
  readonly apiVersion: string;
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`. */
  readonly address: string;
  /** What the daemon runs on, in OCI's words. */
  readonly platform: { readonly os: string; readonly architecture: string };
  /** Connected to the daemon; paths are relative to `url`. */
  readonly http: Pick<HttpClient, 'request'>;
  /** Where the versioned API begins, without a slash at the end. */
  readonly url: string;
}

/** A place where a daemon could be, and what is there. */
export type DaemonProbe =
  | { readonly usable: true; readonly daemon: Daemon }
  | {
      readonly usable: false;
      readonly address: string;
      /** What led here: `DOCKER_HOST`, `the default socket of Docker`. */
      readonly origin: string;
      /** One sentence without period. */
      readonly reason: string;
      readonly nextStep: string | undefined;
    };
