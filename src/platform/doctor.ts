import type { ExecutorProbe } from '../executor/index.ts';
import type { Damage, VerifiedHome } from '../store/index.ts';
import type { DoctorFinding } from './api.ts';

/** What was found on this machine; `compose.ts` gathers it. */
export interface MachineFacts {
  readonly nodeVersion: string;
  readonly platform: string;
  readonly home: { readonly directory: string; readonly freeBytes: number | undefined; readonly problem?: string };
  /** The one that is preferred first. */
  readonly executors: readonly ExecutorProbe[];
  /** Whether overlays work in the data folder; undefined when that could not be asked. */
  readonly overlays: boolean | undefined;
  readonly daemons: readonly { readonly usable: boolean; readonly description: string; readonly nextStep?: string }[];
  readonly npmRegistry: { readonly address?: string; readonly problem?: string; readonly nextStep?: string };
  readonly debianMirror: { readonly address?: string; readonly origin?: string; readonly problem?: string; readonly nextStep?: string };
  readonly proxy: Readonly<Record<string, string>>;
  readonly certificates: { readonly hasOwnCa: boolean; readonly sources: readonly string[] };
  readonly credentialFiles: readonly string[];
}

const RECOMMENDED_BYTES = 3_000_000_000;

/** The findings of `tspack doctor`, in the order in which a build needs things. */
export function diagnose(facts: MachineFacts): readonly DoctorFinding[] {
  return [
    { topic: 'node', status: 'ok', message: `${facts.nodeVersion} on ${facts.platform}` },
    homeFinding(facts),
    ...executorFindings(facts),
    ...overlayFindings(facts),
    ...facts.daemons.map(({ usable, description, nextStep }): DoctorFinding => ({
      topic: 'containers',
      status: usable ? 'ok' : 'info',
      message: description,
      ...(usable || nextStep === undefined ? {} : { nextStep }),
    })),
    addressFinding('npm registry', facts.npmRegistry),
    addressFinding('debian mirror', facts.debianMirror, facts.debianMirror.origin),
    proxyFinding(facts.proxy),
    {
      topic: 'certificates',
      status: 'info',
      message: facts.certificates.hasOwnCa
        ? `this machine trusts certificate authorities of its own (${facts.certificates.sources.join(', ')}); builds trust them too, images never hold them`
        : 'no certificate authorities beyond the usual ones',
    },
    {
      topic: 'credentials',
      status: 'info',
      message: facts.credentialFiles.length === 0 ? 'no registry credentials found' : `registry credentials are read from ${facts.credentialFiles.join(', ')}`,
    },
  ];
}

function homeFinding({ home }: MachineFacts): DoctorFinding {
  if (home.problem !== undefined)
    return { topic: 'data', status: 'problem', message: home.problem, nextStep: 'Set TSPACK_HOME to a folder that you may write to' };
  const free = home.freeBytes === undefined ? '' : `, ${(home.freeBytes / 1e9).toFixed(1)} GB free`;
  const scarce = home.freeBytes !== undefined && home.freeBytes < RECOMMENDED_BYTES;
  return {
    topic: 'data',
    status: scarce ? 'problem' : 'ok',
    message: `kept in ${home.directory}${free}`,
    ...(scarce ? { nextStep: 'Free 3 GB, or set TSPACK_HOME to a folder on a larger disk' } : {}),
  };
}

/** In the order in which `--executor auto` takes them. */
function executorFindings({ executors }: MachineFacts): readonly DoctorFinding[] {
  const chosen = executors.find(({ usable }) => usable);
  return executors.map((probe) => {
    const topic = `executor ${probe.name}`;
    if (!probe.usable) {
      // Without any, nothing can be built.
      const status = chosen === undefined && probe.name === 'sandbox' ? 'problem' : 'info';
      return { topic, status, message: `does not work here: ${probe.reason}`, nextStep: probe.nextStep };
    }
    const use = probe === chosen ? 'builds use it' : `builds use it with --executor ${probe.name}`;
    const limits = probe.limits.map((limit) => `\n${limit}`).join('');
    const shared = "while the network is shared, this machine's loopback services can be reached from inside";
    return { topic, status: 'ok', message: `works (${probe.detail}); ${use}; ${shared}${limits}` };
  });
}

function overlayFindings({ overlays }: MachineFacts): readonly DoctorFinding[] {
  if (overlays === undefined) return [];
  return [
    overlays
      ? { topic: 'layer cache', status: 'ok', message: 'restores by overlay mounts: nothing is copied' }
      : {
          topic: 'layer cache',
          status: 'info',
          message: 'overlay mounts do not work in the data folder: cached layers are copied for each build',
          nextStep: 'Set TSPACK_HOME to a folder on a local disk (ext4, xfs, btrfs)',
        },
  ];
}

function addressFinding(
  topic: string,
  found: { readonly address?: string; readonly problem?: string; readonly nextStep?: string },
  origin?: string,
): DoctorFinding {
  if (found.address !== undefined) return { topic, status: 'ok', message: origin === undefined ? found.address : `${found.address} (from ${origin})` };
  return { topic, status: 'problem', message: found.problem ?? 'unknown', ...(found.nextStep === undefined ? {} : { nextStep: found.nextStep }) };
}

function proxyFinding(proxy: Readonly<Record<string, string>>): DoctorFinding {
  const names = Object.keys(proxy);
  return { topic: 'proxy', status: 'info', message: names.length === 0 ? 'none set' : names.map((name) => `${name}=${proxy[name]}`).join('\n') };
}

/** What a look at every file of the data folder has found. */
export function diagnoseStore({ images, files, sizeBytes, damages }: VerifiedHome): readonly DoctorFinding[] {
  const topic = 'verified';
  const size = `${files} files with ${(sizeBytes / 1e9).toFixed(1)} GB, of ${images} images and of downloads`;
  if (damages.length === 0) return [{ topic, status: 'ok', message: `${size}: all are whole` }];
  return damages.map((damage): DoctorFinding => ({ topic, status: 'problem', message: describeDamage(damage), nextStep: remedy(damage) }));
}

const PROBLEMS = { changed: 'is not what its name says', missing: 'is missing', unreadable: 'cannot be read' } as const;

function describeDamage({ path, problem, images }: Damage): string {
  return `${path} ${PROBLEMS[problem]}${images.length === 0 ? '' : `\nneeded by ${images.join(', ')}`}`;
}

/** A blob that is there is not written again, whatever is in it. */
function remedy({ problem, images }: Damage): string {
  const again = images.length === 0 ? 'the next build gets it again if it needs it' : 'build or pull the images again';
  return problem === 'missing' ? `${again.charAt(0).toUpperCase()}${again.slice(1)}` : `Remove the file; then ${again}`;
}
