import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findProgram } from './requirement.ts';
import { answers, startProgram } from './started-program.ts';
import type { StartedProgram } from './started-program.ts';

export const CLUSTER_REQUIREMENT = 'root, TSPACK_TEST_KUBERNETES with the scripts that start a cluster, Go, git and docker-registry';
/** Of the bridge of the pods: only this machine reaches it. Its registry is the one without TLS that nodes pull from. */
const ADDRESS = '10.241.0.1';

export function hasClusterPrograms(): boolean {
  const programs = ['go', 'git', 'docker-registry'].every((name) => findProgram(name) !== undefined);
  return process.getuid?.() === 0 && existsSync(join(process.env['TSPACK_TEST_KUBERNETES'] ?? '/nowhere', 'up.sh')) && programs;
}

/** How a TaskRun or BuildRun has ended. */
export interface ClusterRun {
  readonly name: string;
  readonly succeeded: boolean;
  /** Of the condition: reason and message. */
  readonly reason: string;
  readonly results: Readonly<Record<string, string>>;
  /** Milliseconds that each step has taken, once its container ran, and its exit code. */
  readonly steps: readonly { readonly name: string; readonly milliseconds: number; readonly exitCode: number }[];
  readonly log: string;
}

/** A cluster that is up, as a person with `kubectl` has it. */
export class Cluster {
  readonly registry = `${ADDRESS}:5000`;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(directory: string) {
    this.#env = { ...process.env, KUBECONFIG: join(directory, 'admin.conf'), PATH: `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}` };
  }

  /** Starts it, or finds it started. The folder stays: what is in it took minutes to compile. */
  static async start(): Promise<Cluster> {
    const scripts = process.env['TSPACK_TEST_KUBERNETES']!;
    const directory = process.env['TSPACK_TEST_CLUSTER'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tspack-ci', 'k8s');
    mkdirSync(directory, { recursive: true });
    for (const script of ['up.sh', 'shipwright.sh']) await runToEnd('bash', [join(scripts, script), directory], { ...process.env, EXAMPLE: '0' });
    return new Cluster(directory);
  }

  async kubectl(args: readonly string[], input = ''): Promise<string> {
    return await runToEnd('kubectl', args, this.#env, input);
  }

  async apply(manifests: string | readonly object[], namespace?: string): Promise<void> {
    const input = typeof manifests === 'string' ? manifests : JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
    await this.kubectl([...(namespace === undefined ? [] : ['--namespace', namespace]), 'apply', '--filename', '-'], input);
  }

  /** A new namespace; one of this name that was there goes first. */
  async namespace(name: string, level: 'restricted' | 'baseline'): Promise<void> {
    await this.kubectl(['delete', 'namespace', name, '--ignore-not-found']);
    await this.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': level } } }]);
    await this.#until(() => this.kubectl(['--namespace', name, 'get', 'serviceaccount', 'default']));
  }

  async get(namespace: string, kind: string, name: string): Promise<Record<string, never>> {
    return JSON.parse(await this.kubectl(['--namespace', namespace, 'get', kind, name, '--output', 'json'])) as Record<string, never>;
  }

  async log(namespace: string, pod: string): Promise<string> {
    return await this.kubectl(['--namespace', namespace, 'logs', pod, '--all-containers', '--tail=-1']).catch((error: unknown) => String(error));
  }

  /** Waits for the end of a TaskRun. */
  async ended(namespace: string, name: string): Promise<ClusterRun> {
    await this.kubectl(['--namespace', namespace, 'wait', '--for=jsonpath={.status.completionTime}', `taskrun/${name}`, '--timeout=600s']);
    const { status } = (await this.get(namespace, 'taskrun', name)) as unknown as TaskRun;
    const [condition] = status.conditions;
    return {
      name,
      succeeded: condition?.status === 'True',
      reason: `${condition?.reason ?? ''}: ${condition?.message ?? ''}`,
      results: Object.fromEntries(
        (status.results ?? []).map((result) => [result.name, typeof result.value === 'string' ? result.value : JSON.stringify(result.value)]),
      ),
      steps: (status.steps ?? []).map(({ name: step, terminated }) => ({
        name: step,
        milliseconds: Date.parse(terminated?.finishedAt ?? '') - Date.parse(terminated?.startedAt ?? ''),
        exitCode: terminated?.exitCode ?? -1,
      })),
      log: status.podName === undefined ? '' : await this.log(namespace, status.podName),
    };
  }

  /** Runs an image under the restricted level, and resolves to what it answers once it does. */
  async answerOf(namespace: string, image: string, path: string, host = 'localhost'): Promise<string> {
    const name = `app-${image.replaceAll(/[^a-z0-9]+/g, '-').slice(-30)}`.replaceAll(/-+$|-+(?=-)/g, '');
    const securityContext = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
      runAsNonRoot: true,
    };
    const container = { name: 'app', image, securityContext: { ...securityContext, readOnlyRootFilesystem: true }, env: [{ name: 'PORT', value: '8080' }] };
    const volumes = [{ name: 'tmp', emptyDir: {} }];
    const spec = { containers: [{ ...container, volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] }], volumes, terminationGracePeriodSeconds: 1 };
    await this.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }], namespace);
    try {
      await this.kubectl(['--namespace', namespace, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s']);
      const { status } = (await this.get(namespace, 'pod', name)) as unknown as { readonly status: { readonly podIP: string } };
      return await this.#until(async () => {
        const response = await fetch(`http://${status.podIP}:8080${path}`, { headers: { host } });
        if (response.status >= 500) throw new Error(`status ${response.status}`);
        return `${response.status}\n${await response.text()}`;
      });
    } catch (error) {
      throw new Error(`${image} does not answer: ${(error as Error).message}\n${await this.log(namespace, name)}`, { cause: error });
    } finally {
      await this.kubectl(['--namespace', namespace, 'delete', 'pod', name]);
    }
  }

  async #until<Result>(ask: () => Promise<Result>): Promise<Result> {
    for (let tries = 0; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        if (tries === 120) throw error;
        await sleep(500);
      }
    }
  }
}

interface TaskRun {
  readonly status: {
    readonly podName?: string;
    readonly conditions: readonly { readonly status: string; readonly reason: string; readonly message: string }[];
    readonly results?: readonly { readonly name: string; readonly value: unknown }[];
    readonly steps?: readonly {
      readonly name: string;
      readonly terminated?: { readonly startedAt: string; readonly finishedAt: string; readonly exitCode: number };
    }[];
  };
}

/** Docker's registry on the bridge. Started again with the same folder it has what it had. */
export async function startClusterRegistry(directory: string, port = 5000, htpasswd?: string): Promise<StartedProgram> {
  mkdirSync(directory, { recursive: true });
  const passwords = join(directory, 'htpasswd');
  if (htpasswd !== undefined) writeFileSync(passwords, htpasswd);
  const auth = htpasswd === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: passwords } } };
  const storage = { filesystem: { rootdirectory: join(directory, 'data') } };
  const config = { version: 0.1, log: { level: 'error' }, storage, http: { addr: `${ADDRESS}:${port}` }, ...auth };
  const file = join(directory, `config-${port}.yml`);
  writeFileSync(file, JSON.stringify(config));
  const log = join(directory, `log-${port}`);
  const started = startProgram(findProgram('docker-registry')!, ['serve', file], log);
  await answers(started, log, async () => void (await fetch(`http://${ADDRESS}:${port}/v2/`)));
  return started;
}

/** The repositories below a folder, for pods: `<address>/<name>`. */
export async function startGitServer(directory: string): Promise<StartedProgram & { readonly address: string }> {
  const port = await bridgePort();
  const log = join(directory, 'git.log');
  const words = ['daemon', '--export-all', '--reuseaddr', `--base-path=${directory}`, `--listen=${ADDRESS}`, `--port=${port}`, directory];
  const started = startProgram('git', words, log);
  await sleep(500);
  return { ...started, address: `git://${ADDRESS}:${port}` };
}

async function bridgePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, ADDRESS, resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function runToEnd(command: string, args: readonly string[], env: NodeJS.ProcessEnv, input?: string): Promise<string> {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input ?? '');
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** What pods need to know of this machine's network: where its tools get packages. */
export async function podEnvironment(): Promise<readonly { readonly name: string; readonly value: string }[]> {
  const ask = promisify(execFile);
  const apt = async (label: string) => {
    const words = ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', 'Origin: Debian', `Label: ${label}`];
    return (await ask('apt-get', words)).stdout.split('\n')[0]?.replace(/\/$/, '') ?? '';
  };
  const values = {
    npm_config_registry: (await ask('npm', ['config', 'get', 'registry'])).stdout.trim(),
    TSPACK_DEBIAN_MIRROR: await apt('Debian'),
    TSPACK_DEBIAN_SECURITY_MIRROR: await apt('Debian-Security'),
    PIP_INDEX_URL: process.env['PIP_INDEX_URL'] ?? '',
    TSPACK_MAVEN_MIRROR: process.env['TSPACK_MAVEN_MIRROR'] ?? '',
  };
  return Object.entries(values).flatMap(([name, value]) => (value === '' ? [] : [{ name, value }]));
}
