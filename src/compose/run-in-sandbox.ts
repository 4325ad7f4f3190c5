import { join } from 'node:path';
import { removeTree } from '../foundation/index.ts';
import { runImage } from '../runner/index.ts';
import { createWorkDirectory } from '../store/index.ts';
import { openSandbox } from './sandbox.ts';
import type { HostPath, Mount, SandboxPath } from '../executor/index.ts';
import type { EventSink } from '../foundation/index.ts';
import type { Image } from '../oci/index.ts';
import type { BuildEvent, RunExit, RunOptions, Task } from '../platform/index.ts';
import type { RunEvent } from '../runner/index.ts';
import type { Machine } from './machine.ts';

/** Runs an image in a rootless sandbox of its own. */
export async function runInSandbox(machine: Machine, image: Image, options: RunOptions, task: Task): Promise<RunExit> {
  const sandbox = await openSandbox(machine, task.events, task.signal);
  const cacheDirectory = join(machine.home().cache, 'run');
  const { resolvConf, hosts } = await machine.settings();
  const bind = (source: string | undefined, target: string): readonly Mount[] =>
    source === undefined ? [] : [{ kind: 'bind', source: source as HostPath, target: target as SandboxPath, writable: false }];
  const workDirectory = createWorkDirectory(machine.home());
  try {
    return await runImage({
      image,
      executor: sandbox.executor,
      cacheDirectory,
      workDirectory,
      overlay: await sandbox.overlaysWork(workDirectory),
      mounts: [...bind(resolvConf, '/etc/resolv.conf'), ...bind(hosts, '/etc/hosts')],
      ...(options.process === undefined ? {} : { process: options.process }),
      args: options.args,
      readOnly: options.readOnly,
      env: options.env,
      ports: options.ports,
      hostname: 'tspack',
      stdout: options.stdout,
      stderr: options.stderr,
      interactive: options.interactive,
      events: runEvents(task.events),
      signal: task.signal,
    });
  } finally {
    removeTree(workDirectory);
  }
}

function runEvents(events: EventSink<BuildEvent>): EventSink<RunEvent> {
  return (event) => {
    switch (event.kind) {
      case 'unpacking':
        return events({ kind: 'message', level: 'debug', message: `Unpacking layer ${event.layer} of ${event.layers}` });
      case 'listening':
        return events({
          kind: 'message',
          level: 'info',
          message: `Listening on ${event.hostAddress}:${event.hostPort}${event.forwarded ? `, passed on to port ${event.applicationPort}` : ''}`,
        });
      case 'started':
        return events({ kind: 'message', level: 'debug', message: `Started ${event.command.join(' ')}` });
      case 'stopping':
        return events({ kind: 'message', level: 'info', message: `Stopping with ${event.signal}` });
    }
  };
}
