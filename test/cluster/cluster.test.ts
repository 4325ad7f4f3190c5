import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/foundation/index.ts';
import { CLUSTER_REQUIREMENT, Cluster, hasClusterPrograms, podEnvironment, startClusterRegistry, startGitServer } from '../support/cluster.ts';
import { mountDisk } from '../support/mount-disk.ts';
import { findProgram, skipWithout } from '../support/requirement.ts';
import { lastLine, runTspack } from '../support/tspack-command.ts';
import type { ClusterRun } from '../support/cluster.ts';
import type { StartedProgram } from '../support/started-program.ts';

const apps = process.env['TSPACK_TEST_APPS'] ?? '/nowhere';
const isPossible = hasClusterPrograms() && existsSync(join(apps, 'manifest.json')) && findProgram('crane') !== undefined;
const NAMESPACE = 'tspack-test';
/** Shipwright's controller remembers what a namespace of the same name had. */
const SHIPWRIGHT = `tspack-test-${process.pid}`;
const run = promisify(execFile);
/** The builder's user, whom the volumes of a node's folders belong to. */
const USER = { uid: 1001, gid: 1000 };
const COMPANY = '/etc/ssl/certs/ca-certificates.crt';

describe.skipIf(skipWithout(`${CLUSTER_REQUIREMENT}, TSPACK_TEST_APPS and crane`, isPossible))('in a cluster', () => {
  const place = mkdtempSync(join(tmpdir(), 'tspack-cluster-'));
  const at = (...parts: readonly string[]) => join(place, ...parts);
  let cluster: Cluster;
  let registry: StartedProgram;
  let git: StartedProgram & { readonly address: string };
  let builder: string;
  let environment: readonly { readonly name: string; readonly value: string }[];
  const image = (name: string) => `${cluster.registry}/${name}`;
  const check = (id: string) => {
    const { apps: all } = JSON.parse(readFileSync(join(apps, 'manifest.json'), 'utf8')) as {
      apps: { id: string; check: { path: string; contains: string; host?: string } }[];
    };
    return all.find((app) => app.id === id)!.check;
  };
  const answers = async (name: string, id: string) => {
    const { path, contains, host } = check(id);
    expect(await cluster.answerOf(NAMESPACE, image(name), path, host)).toContain(contains);
  };

  /** A folder of this machine as a volume with a claim of the same name. */
  async function claim(name: string, folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    await run('chown', ['-R', `${USER.uid}:${USER.gid}`, folder]);
    const size = { storage: '20Gi' };
    const common = { accessModes: ['ReadWriteOnce'], storageClassName: '' };
    await cluster.kubectl(['delete', 'persistentvolume', name, '--ignore-not-found']);
    const volume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name }, spec: { ...common, capacity: size, hostPath: { path: folder } } };
    const spec = { ...common, volumeName: name, resources: { requests: size } };
    await cluster.apply([volume, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace: NAMESPACE }, spec }]);
  }

  const volume = (name: string, subPath: string, claimName = 'work') => ({ name, subPath, persistentVolumeClaim: { claimName } });
  const podTemplate = () => ({ securityContext: { fsGroup: USER.gid }, env: environment });
  const ca = { name: 'ca', configMap: { name: 'company-ca' } };

  interface TaskOptions {
    readonly task?: string;
    readonly params?: Readonly<Record<string, string | readonly string[]>>;
    readonly workspaces?: readonly object[];
    readonly podTemplate?: object;
    readonly stepSpecs?: readonly object[];
  }

  async function start(name: string, { task = 'tspack-build', params = {}, workspaces, podTemplate: pod, stepSpecs }: TaskOptions): Promise<void> {
    const all = { 'insecure-registries': [cluster.registry], ...params };
    const spec = {
      taskRef: { name: task },
      params: Object.entries(all).map(([key, value]) => ({ name: key, value })),
      workspaces: [...(workspaces ?? [volume('source', 'source'), volume('cache', 'cache')]), ca],
      podTemplate: pod ?? podTemplate(),
      ...(stepSpecs === undefined ? {} : { stepSpecs }),
    };
    await cluster.apply([{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name }, spec }], NAMESPACE);
  }
  const runTask = async (name: string, options: TaskOptions): Promise<ClusterRun> => {
    await start(name, options);
    return await cluster.ended(NAMESPACE, name);
  };
  const expectDone = (ended: ClusterRun): void => expect(ended, `${ended.reason}\n${ended.log}`).toMatchObject({ succeeded: true });
  /** One clear message, and none of the results that a later task would take for an image. */
  const expectRefused = (ended: ClusterRun, message: RegExp, code = 1): void => {
    expect(ended.log).toMatch(message);
    expect(ended.log.match(/^ERROR:/gm), ended.log).toHaveLength(1);
    expect(ended.log).not.toMatch(/bug in tspack|^ {4}at /m);
    expect(ended).toMatchObject({ succeeded: false, results: {} });
    expect(ended.steps.map(({ exitCode }) => exitCode)).toContain(code);
  };

  beforeAll(async () => {
    chmodSync(place, 0o755);
    cluster = await Cluster.start();
    environment = await podEnvironment();
    registry = await startClusterRegistry(at('registry'));
    builder = lastLine(await runTspack(['builder', 'publish', 'base', image('tspack'), '--insecure-registry', cluster.registry]));
    await cluster.namespace(NAMESPACE, 'restricted');
    for (const id of ['node-express-pug', 'py-fastapi-bigger', 'java-webapp-jsp']) cpSync(join(apps, id), at('work/source', id), { recursive: true });
    mkdirSync(at('work/cache'), { recursive: true });
    await claim('work', at('work'));
    await cluster.kubectl(['--namespace', NAMESPACE, 'create', 'configmap', 'company-ca', `--from-file=ca.crt=${COMPANY}`]);
    const manifests = await runTspack(['deploy', 'tekton', '--builder', builder, '--insecure-registry', cluster.registry]);
    expect(manifests.code, manifests.stderr).toBe(0);
    await cluster.apply(manifests.stdout, NAMESPACE);
    const repository = at('git/fastapi.git');
    cpSync(join(apps, 'py-fastapi-bigger'), repository, { recursive: true });
    const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'init.defaultBranch=main'];
    for (const words of [
      ['init', '-q'],
      ['add', '-A'],
      ['commit', '-q', '-m', 'x'],
    ])
      await run('git', [...author, ...words], { cwd: repository });
    git = await startGitServer(at('git'));
  });
  afterAll(async () => {
    await cluster?.kubectl(['delete', 'namespace', NAMESPACE, SHIPWRIGHT, '--ignore-not-found', '--wait=false']);
    for (const program of [git, registry]) await program?.[Symbol.asyncDispose]();
    await run('umount', [at('small')]).catch(() => undefined);
    rmSync(place, { recursive: true, force: true });
  });

  it('a TaskRun builds the image that a laptop builds, in 1 GiB, and has little to do the second time', async () => {
    const params = { image: image('node'), path: 'node-express-pug', tags: [image('node:more')] };
    const first = await runTask('node-1', { params });
    expectDone(first);
    const digest = first.results['IMAGE_DIGEST']!;
    expect(first.results).toEqual({
      IMAGE_DIGEST: digest,
      IMAGE_URL: image('node:latest'),
      IMAGES: `${image('node')}@${digest},${image('node')}@${digest}`,
      IMAGE_ARTIFACT_OUTPUTS: JSON.stringify({ digest, uri: image('node:latest') }),
    });
    const again = await runTask('node-2', { params });
    expectDone(again);
    expect(again.results).toEqual(first.results);
    expect(again.log).toContain('0 layers added');
    process.stderr.write(`tspack's step: ${first.steps[0]!.milliseconds} ms, with nothing to do ${again.steps[0]!.milliseconds} ms\n`);
    const outside = ['--builder', builder, '--path', join(apps, 'node-express-pug'), '--publish', '--insecure-registry', cluster.registry];
    expect(lastLine(await runTspack(['build', image('node'), ...outside]))).toBe(`${image('node')}@${digest}`);
    await answers('node', 'node-express-pug');
  });

  it('a PipelineRun builds what is in a git repository, and uses the digest', async () => {
    const params = { image: image('fastapi'), path: `${git.address}/fastapi.git#main`, 'insecure-registries': [cluster.registry] };
    const spec = {
      pipelineRef: { name: 'tspack' },
      params: Object.entries(params).map(([name, value]) => ({ name, value })),
      workspaces: [volume('cache', 'cache'), ca],
      taskRunTemplate: { podTemplate: podTemplate() },
    };
    await cluster.apply([{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata: { name: 'fastapi' }, spec }], NAMESPACE);
    await cluster.kubectl(['--namespace', NAMESPACE, 'wait', '--for=jsonpath={.status.completionTime}', 'pipelinerun/fastapi', '--timeout=600s']);
    const [build, inspect] = [await cluster.ended(NAMESPACE, 'fastapi-build'), await cluster.ended(NAMESPACE, 'fastapi-inspect')];
    expectDone(build);
    expectDone(inspect);
    expect(inspect.log).toContain(build.results['IMAGE_DIGEST']);
    await answers('fastapi', 'py-fastapi-bigger');
  });

  it('a BuildRun of Shipwright builds what an image of sources holds', async () => {
    const namespace = SHIPWRIGHT;
    const source = join(apps, 'java-webapp-jsp');
    await run('tar', ['-C', source, '-cf', at('source.tar'), '.']);
    await run(findProgram('crane')!, ['append', '--insecure', '--new_layer', at('source.tar'), '--new_tag', image('source-java')]);
    await cluster.namespace(namespace, 'baseline');
    const strategy = await runTspack(['deploy', 'shipwright', '--namespaced', '--builder', builder]);
    await cluster.apply(strategy.stdout, namespace);
    // Not a config map: the controller of Shipwright 0.15 may list, but not watch them, and knows new ones late.
    await cluster.kubectl(['--namespace', namespace, 'create', 'secret', 'generic', 'company-ca', `--from-file=ca.crt=${COMPANY}`]);
    const build = {
      source: { type: 'OCI', ociArtifact: { image: image('source-java') } },
      strategy: { name: 'tspack', kind: 'BuildStrategy' },
      env: [{ name: 'BP_JVM_VERSION', value: '21' }],
      volumes: [{ name: 'ca', secret: { secretName: 'company-ca' } }],
      paramValues: [
        { name: 'insecure-registries', values: [{ value: cluster.registry }] },
        { name: 'env', values: environment.map(({ name, value }) => ({ value: `${name}=${value}` })) },
      ],
      output: { image: image('java'), insecure: true },
    };
    const kinds = { apiVersion: 'shipwright.io/v1beta1', metadata: { name: 'java' } };
    await cluster.apply([{ ...kinds, kind: 'Build', spec: build }], namespace);
    await cluster.apply([{ ...kinds, kind: 'BuildRun', spec: { build: { name: 'java' } } }], namespace);
    await cluster.kubectl(['--namespace', namespace, 'wait', '--for=jsonpath={.status.completionTime}', 'buildrun/java', '--timeout=600s']);
    const { status } = (await cluster.get(namespace, 'buildrun', 'java')) as unknown as {
      status: { conditions: { status: string; message: string }[]; output?: { digest: string }; taskRunName: string };
    };
    expect(status.conditions[0]?.status, `${status.conditions[0]?.message}\n${await cluster.log(namespace, `${status.taskRunName}-pod`)}`).toBe('True');
    expect(status.output?.digest).toMatch(/^sha256:/);
    await answers('java', 'java-webapp-jsp');
  });

  it('with a container for each phase, only those that need them have credentials', async () => {
    await cluster.apply([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'push', namespace: NAMESPACE },
        stringData: { 'config.json': JSON.stringify({ auths: { [cluster.registry]: { auth: 'YTpi' } } }) },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'variables', namespace: NAMESPACE },
        data: { SSL_CERT_FILE: '/ca/ca.crt', NODE_EXTRA_CA_CERTS: '/ca/ca.crt' },
      },
    ]);
    const ended = await runTask('steps', {
      task: 'tspack-build-in-steps',
      params: { image: image('steps'), path: 'node-express-pug', 'insecure-registries': cluster.registry },
      workspaces: [volume('source', 'source'), { name: 'dockerconfig', secret: { secretName: 'push' } }, { name: 'env', configMap: { name: 'variables' } }],
    });
    expectDone(ended);
    expect(Object.keys(ended.results).sort()).toEqual(['IMAGES', 'IMAGE_ARTIFACT_OUTPUTS', 'IMAGE_DIGEST', 'IMAGE_URL']);
    const { spec } = (await cluster.get(NAMESPACE, 'pod', 'steps-pod')) as unknown as {
      spec: { containers: { name: string; volumeMounts: { mountPath: string }[] }[] };
    };
    const having = spec.containers.filter(({ volumeMounts }) => volumeMounts.some(({ mountPath }) => mountPath === '/dockerconfig')).map(({ name }) => name);
    expect(having).toEqual(['step-analyze', 'step-restore', 'step-export']);
    await answers('steps', 'node-express-pug');
  });

  it('a Task plans what the next build would do', async () => {
    const params = { image: image('node'), path: 'node-express-pug', format: 'json' };
    const ended = await runTask('plan', { task: 'tspack-plan', params });
    expectDone(ended);
    const plan = JSON.parse(ended.log.slice(ended.log.indexOf('{\n'), ended.log.lastIndexOf('}') + 1)) as {
      readonly modules: readonly { readonly id: string; readonly takesPart: boolean }[];
    };
    expect(plan.modules.filter(({ takesPart }) => takesPart).map(({ id }) => id)).toContain('tspack/nodejs');
  });

  it('a Task rebases, and says so in its results', async () => {
    const ended = await runTask('rebase', { task: 'tspack-rebase', params: { image: image('node') }, workspaces: [] });
    expectDone(ended);
    expect(ended.results['IMAGE_DIGEST']).toMatch(/^sha256:/);
  });

  it.each(['ANALYZING', 'DETECTING', 'RESTORING', 'BUILDING', 'EXPORTING'])('a pod that is killed while %s leaves what the next run can use', async (phase) => {
    const name = `killed-${phase.toLowerCase()}`;
    const options = { params: { image: image(`kill-${phase.toLowerCase()}`), path: 'node-express-pug' } };
    await start(name, options);
    for (let tries = 0; tries < 600 && !(await cluster.log(NAMESPACE, `${name}-pod`)).includes(`===> ${phase}`); tries++) await sleep(50);
    await cluster.kubectl(['--namespace', NAMESPACE, 'delete', 'pod', `${name}-pod`, '--grace-period=0', '--force']);
    const killed = await cluster.ended(NAMESPACE, name);
    // Tekton may start another pod for it by itself.
    if (!killed.succeeded) expect(killed.results).toEqual({});
    expectDone(await runTask(`${name}-again`, options));
  });

  it('builds of eight applications at once share the cache of the node', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `many-${index}`);
    const begun = performance.now();
    await Promise.all(names.map((name) => start(name, { params: { image: image(name), path: 'node-express-pug' } })));
    const all = await Promise.all(names.map((name) => cluster.ended(NAMESPACE, name)));
    for (const ended of all) expectDone(ended);
    expect(new Set(all.map(({ results }) => results['IMAGE_DIGEST'])).size).toBe(1);
    process.stderr.write(`eight builds at once: ${Math.round((performance.now() - begun) / 1000)} s\n`);
  });

  it('says that the volume of the cache is full, and works again with room', async () => {
    expect(mountDisk(at('small'), 60)).toBe(true);
    await claim('small', at('small'));
    const options = {
      params: { image: image('small'), path: git.address + '/fastapi.git#main' },
      workspaces: [{ name: 'cache', persistentVolumeClaim: { claimName: 'small' } }],
    };
    expectRefused(
      await runTask('full', { ...options, params: { ...options.params, path: git.address + '/fastapi.git#main' } }),
      /no space is left|disk is full|no space left/i,
    );
    await run('mount', ['-o', 'remount,size=4000m', at('small')]);
    expectDone(await runTask('room', options));
  });

  it('a registry that goes away during the export ends the build, and nothing is half pushed', async () => {
    const params = { image: image('gone'), path: 'node-express-pug', 'clear-cache': 'true' };
    await start('gone', { params });
    for (let tries = 0; tries < 600 && !(await cluster.log(NAMESPACE, 'gone-pod')).includes('===> EXPORTING'); tries++) await sleep(50);
    await registry[Symbol.asyncDispose]();
    const ended = await cluster.ended(NAMESPACE, 'gone');
    registry = await startClusterRegistry(at('registry'));
    expectRefused(ended, /10\.241\.0\.1:5000/, 75);
    expect((await fetch(`http://${cluster.registry}/v2/gone/manifests/latest`)).status).toBe(404);
    expectDone(await runTask('back', { params }));
  });

  it.each<[string, TaskOptions, RegExp, number?]>([
    ['no workspace', { workspaces: [] }, /the application is in \/layers.*INLINE_UNABLE\]\nNext step: Name with --path/],
    ['an application that is not there', { params: { path: 'none' } }, /none.*SOURCE_NOT_FOUND/, 3],
    ['another architecture', { params: { platform: 'linux/s390x' } }, /s390x.*PLATFORM_FOREIGN/, 3],
    ['a registry that nobody runs', { params: { image: '10.241.0.1:9/x' } }, /10\.241\.0\.1:9/, 75],
    ['a cache of somebody else', { podTemplate: { securityContext: { runAsUser: 4242, runAsGroup: 4242 } } }, /HOME_UNWRITABLE/],
  ])('says in one message what is wrong with %s', async (what, options, message, code) => {
    const params = { image: image('bad'), path: 'node-express-pug', ...options.params };
    const name = `bad-${what.replaceAll(' ', '-')}`;
    const more = what === 'no workspace' ? { params: { ...params, path: '.' } } : { params };
    expectRefused(await runTask(name, { ...options, ...more }), message, code);
  });

  it('an arbitrary user without a passwd entry and with group 0 builds, as OpenShift wants it', async () => {
    const securityContext = { runAsUser: 1_000_730_000, runAsGroup: 0, fsGroup: 1_000_730_000 };
    const ended = await runTask('openshift', {
      params: { image: image('openshift'), path: 'node-express-pug' },
      workspaces: [volume('source', 'source')],
      podTemplate: { securityContext, env: environment },
    });
    expectDone(ended);
  });

  it('the manifests and examples of deploy/ are what the API server takes', async () => {
    for (const folder of ['tekton', 'shipwright']) {
      const words = ['--namespace', NAMESPACE, 'create', '--dry-run=server', '--filename', join(packageRoot(), 'deploy', folder, 'examples')];
      expect(await cluster.kubectl(words)).toContain('created (server dry run)');
      expect(await cluster.kubectl(['kustomize', join(packageRoot(), 'deploy', folder)])).toContain('kind:');
    }
    await cluster.kubectl(['delete', 'clusterbuildstrategy', 'tspack', '--ignore-not-found']);
    writeFileSync(at('strategy.yaml'), (await runTspack(['deploy', 'shipwright', '--builder', builder])).stdout);
    expect(await cluster.kubectl(['create', '--dry-run=server', '--filename', at('strategy.yaml')])).toContain('created (server dry run)');
  });
});
