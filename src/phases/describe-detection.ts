import { formatBuildpackReference } from '../cnb/index.ts';
import type { AttemptMember, DetectOutcome, DetectRun, GroupAttempt } from '../lifecycle/index.ts';
import type { PhaseLog } from './phase-log.ts';

/**
 * Tells how detection went, in the reference's words: the group that was chosen; or, when there is none, what every
 * buildpack printed and how each group did (CNB.md C041).
 */
export function describeDetection(outcome: DetectOutcome, log: PhaseLog): void {
  const found = outcome.kind === 'detected';
  const tell = found ? log.debug : log.info;
  for (const run of outcome.runs) describeRun(run, found && run.verdict !== 'error' ? log.debug : log.info);
  for (const attempt of outcome.attempts) describeAttempt(attempt, tell);
  if (!found) return;
  const { group, groupExtensions } = outcome.group;
  const last = outcome.attempts.at(-1)?.members.filter(({ kind }) => kind === 'buildpack').length ?? group.length;
  log.info(`${group.length} of ${Math.max(last, group.length)} buildpacks participating`);
  const members = [...groupExtensions, ...group];
  const width = Math.max(...members.map(({ id }) => id.length));
  for (const { id, version } of members) log.info(`${id.padEnd(width)} ${version}`);
}

function describeRun({ reference, output, exitCode, reason, verdict }: DetectRun, tell: (message: string) => void): void {
  const name = formatBuildpackReference(reference);
  if (output.trim() !== '') tell(`======== Output: ${name} ========\n${output.replace(/\n$/, '')}`);
  if (verdict === 'error') tell(`======== Error: ${name} ========\n${reason ?? `exit code ${exitCode}`}`);
}

function describeAttempt({ members, failures, result }: GroupAttempt, tell: (message: string) => void): void {
  tell(`======== Results ========\n${members.map(describeMember).join('\n')}`);
  for (const { reference, kind, name } of failures) {
    tell(reference === undefined ? 'fail: no viable buildpacks in group' : `fail: ${formatBuildpackReference(reference)} ${kind} ${name}`);
  }
  if (result === 'no-buildpack') tell('fail: no viable buildpacks in group');
}

function describeMember({ reference, verdict, optional }: AttemptMember): string {
  const word = verdict === 'pass' ? 'pass:' : verdict === 'error' ? 'err: ' : optional ? 'skip:' : 'fail:';
  return `${word} ${formatBuildpackReference(reference)}`;
}
