import { TspackError } from '../../foundation/index.ts';
import type { ContainerSpec, DaemonClient } from '../../daemon/index.ts';
import type { ProcessExit, ProcessSpec } from '../index.ts';
import { ObservedOutput, checkStarted, startError } from './start-error.ts';

/** Runs one process as a container and removes it, with all that it left behind; see `Sandbox.run`. */
export async function runContainer(client: DaemonClient, container: ContainerSpec, spec: ProcessSpec): Promise<ProcessExit> {
  const { signal } = spec;
  signal?.throwIfAborted();
  if (spec.interactive === true) {
    throw new TspackError({ code: 'SANDBOX_FAILED', message: 'Cannot connect a terminal to a container that builds', nextStep: 'Use the sandbox executor' });
  }
  const abort = signal === undefined ? {} : { signal };
  const stdout = new ObservedOutput(spec.stdout);
  const stderr = new ObservedOutput(spec.stderr);
  const id = await starting(client.createContainer(container));
  try {
    // Attached before it starts, so that not one byte is missed.
    const copy = await starting(client.attachContainer(id, { stdout: stdout.write, stderr: stderr.write, ...abort }));
    const copied = copy();
    copied.catch(() => undefined);
    await starting(client.startContainer(id));
    spec.onStart?.({ signal: (name) => void client.killContainer(id, name).catch(() => undefined) });
    await copied;
    // One connection at a time: there may be as many containers as processors.
    const { code } = await client.waitContainer(id, signal);
    checkStarted(code, spec.stdout !== undefined && spec.stdout === spec.stderr ? stdout : stderr, spec.command[0] ?? '');
    return { code, signal: undefined };
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await client.removeContainer(id);
  }
}

async function starting<Result>(step: Promise<Result>): Promise<Result> {
  try {
    return await step;
  } catch (error) {
    throw startError(error);
  }
}
