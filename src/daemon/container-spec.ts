/** A port of a container, made reachable on this machine. */
export interface PublishedPort {
  /** On this machine: `127.0.0.1` unless given. */
  readonly address?: string;
  /** On this machine; 0 lets the daemon choose. */
  readonly hostPort: number;
  readonly containerPort: number;
}

/** A file or folder of the daemon's machine in a container. */
export interface ContainerBind {
  /** Absolute; a container with one that does not exist is refused. */
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
}

export interface ContainerSpec {
  /** A name or ID that the daemon knows. */
  readonly image: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of the image's. */
  readonly entrypoint?: readonly string[];
  /** Instead of the image's command; its arguments when the image has an entrypoint. */
  readonly command?: readonly string[];
  readonly ports?: readonly PublishedPort[];
  /** `host`, `none` or a network of the daemon; its default otherwise. */
  readonly network?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** `uid:gid`; the image's otherwise. */
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly hostname?: string;
  readonly binds?: readonly ContainerBind[];
  /** Mount options of a tmpfs by its folder. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  readonly readOnlyRoot?: boolean;
  /** No capability, and no way to gain one. */
  readonly unprivileged?: boolean;
  /** The daemon's own first process, which passes signals on and reaps what others leave; not every daemon has one. */
  readonly init?: boolean;
  /** Of user namespaces: `host`, Podman's `keep-id:...`; the daemon's default otherwise. */
  readonly userNamespace?: string;
  /** Leave SELinux labels alone, so that folders of the user can be bound. */
  readonly withoutSelinux?: boolean;
  /** Keep nothing of the output beyond what is attached: logs of a daemon grow for as long as the container exists. */
  readonly withoutLog?: boolean;
}

/** What `POST /containers/create` wants. */
export function createBody(spec: ContainerSpec): object {
  const bindings = groupBindings(spec.ports ?? []);
  return {
    Image: spec.image,
    ...(spec.env === undefined ? {} : { Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`) }),
    ...optional('Entrypoint', spec.entrypoint),
    ...optional('Cmd', spec.command),
    ...optional('Labels', spec.labels),
    ...optional('User', spec.user),
    ...optional('WorkingDir', spec.workingDirectory),
    ...optional('Hostname', spec.hostname),
    AttachStdout: true,
    AttachStderr: true,
    ExposedPorts: Object.fromEntries(Object.keys(bindings).map((port) => [port, {}])),
    HostConfig: {
      PortBindings: bindings,
      ...optional('NetworkMode', spec.network),
      ...optional('Tmpfs', spec.tmpfs),
      ...optional('ReadonlyRootfs', spec.readOnlyRoot),
      ...optional('Init', spec.init),
      ...optional('UsernsMode', spec.userNamespace),
      // Not `Binds`: those are made up, as root, when they do not exist, and cannot hold a colon.
      ...optional(
        'Mounts',
        spec.binds?.map(({ source, target, writable }) => ({ Type: 'bind', Source: source, Target: target, ReadOnly: !writable })),
      ),
      ...(spec.unprivileged === true ? { CapDrop: ['ALL'] } : {}),
      ...securityOptions(spec),
      ...(spec.withoutLog === true ? { LogConfig: { Type: 'none' } } : {}),
    },
  };
}

function optional(name: string, value: unknown): object {
  return value === undefined ? {} : { [name]: value };
}

function securityOptions({ unprivileged, withoutSelinux }: ContainerSpec): object {
  const options = [...(unprivileged === true ? ['no-new-privileges'] : []), ...(withoutSelinux === true ? ['label=disable'] : [])];
  return options.length === 0 ? {} : { SecurityOpt: options };
}

function groupBindings(ports: readonly PublishedPort[]): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { address = '127.0.0.1', hostPort, containerPort } of ports) {
    (bindings[`${containerPort}/tcp`] ??= []).push({ HostIp: address, HostPort: hostPort === 0 ? '' : String(hostPort) });
  }
  return bindings;
}
